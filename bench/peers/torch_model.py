"""The same mask predictor in PyTorch, for bench/train-step.ts and bench/forward.ts: written for speed as one would there
(fused attention, fused AdamW), one step per line on stdin, its milliseconds per line on stdout."""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

spec = json.loads(sys.argv[1])
config = spec["config"]
torch.manual_seed(0)
torch.set_num_threads(spec["threads"])
d, heads, hidden = config["dModel"], config["heads"], config["mlpHidden"]
length = spec["length"]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1 = nn.RMSNorm(d, eps=config["normEps"])
        self.n2 = nn.RMSNorm(d, eps=config["normEps"])
        self.q, self.k, self.v, self.o = (nn.Linear(d, d, bias=False) for _ in range(4))
        self.gate, self.up = nn.Linear(d, hidden, bias=False), nn.Linear(d, hidden, bias=False)
        self.down = nn.Linear(hidden, d, bias=False)

    def forward(self, x, cos, sin):
        b, n, _ = x.shape
        h = self.n1(x)

        def split(y):
            return y.view(b, n, heads, d // heads).transpose(1, 2)

        def rotate(y):
            y1, y2 = y.chunk(2, dim=-1)
            return y * cos + torch.cat((-y2, y1), dim=-1) * sin

        q, k, v = rotate(split(self.q(h))), rotate(split(self.k(h))), split(self.v(h))
        a = F.scaled_dot_product_attention(q, k, v)
        x = x + self.o(a.transpose(1, 2).reshape(b, n, d))
        h = self.n2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(config["vocabSize"], d)
        self.blocks = nn.ModuleList(Block() for _ in range(config["layers"]))
        self.norm = nn.RMSNorm(d, eps=config["normEps"])
        self.head = nn.Linear(d, config["vocabSize"], bias=False)
        hd = d // heads
        angle = torch.outer(torch.arange(length).float(), config["ropeTheta"] ** (-torch.arange(hd // 2).float() / (hd // 2)))
        angle = torch.cat((angle, angle), dim=-1)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, tokens):
        x = self.wte(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        x = self.norm(x)
        text, image = config["textVocabSize"], config["image"]
        out = []
        for o in spec["outputs"]:
            rows = x[:, o["start"] : o["start"] + o["length"]]
            start, size = (0, text) if o["modality"] == "text" else (image["offset"], image["codebookSize"])
            out.append(F.linear(rows, self.head.weight[start : start + size]))
        return out


model = Model()
tokens = torch.randint(0, config["vocabSize"], (spec["batch"], length))
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.99), weight_decay=0.1, fused=True)


def train():
    optimiser.zero_grad(set_to_none=True)
    loss = 0
    for logits in model(tokens):
        target = torch.zeros(logits.shape[:2], dtype=torch.long)
        loss = loss + F.cross_entropy(logits.flatten(0, 1), target.flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


def forward():
    with torch.inference_mode():
        for logits in model(tokens):
            logits.softmax(-1).max(-1)


print(torch.__version__, flush=True)
run = train if spec["kind"] == "train" else forward
for _ in sys.stdin:
    began = time.perf_counter()
    run()
    print((time.perf_counter() - began) * 1000, flush=True)
