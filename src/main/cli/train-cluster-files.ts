/**
 * The texts of an export for a cluster. Names of settings and options are those the public trainers read (repository
 * tyfeld/MMaDA-Parallel at commit 5cf8978), the numbers are the paper's (section 4): 30,000 steps of 768 samples,
 * AdamW 2e-5, cosine, warm-up 500, a tenth of the conditions dropped.
 */

const GPUS = 8
const PASS = 4
const GLOBAL_BATCH = 768

export function clusterFiles(counts: { readonly rows: number; readonly edits: number }): Record<string, string> {
  return {
    'M/config.yaml': mConfig(),
    'M/accelerate.yaml': mAccelerate(),
    'M/train.sh': mScript(),
    'A/data.yaml': "META:\n  - path: 'tokens/all_records.json'\n",
    'A/train.sh': aScript(),
    'README.md': readme(counts),
  }
}

const mConfig =
  (): string => `# Read by training/train_interleave.py (config=...). Lines marked FILL IN name things of the cluster.
wandb:
  entity: null
  resume: auto
experiment:
  project: mmada-parallel
  name: sft
  output_dir: output # FILL IN
  resume_from_checkpoint: latest
  checkpoints_total_limit: 3
  log_every: 10
  log_grad_norm_every: 100
  save_every: 1000
  val_every: 1000
  # Beyond the last step: its own look at validation pictures is left out.
  generate_every: 1000000
model:
  vq_model:
    type: magvitv2
    vq_model_name: showlab/magvitv2
  mmada:
    pretrained_model_path: tyfeld/MMaDA-Parallel-M # FILL IN: what training starts from
    tokenizer_path: tyfeld/MMaDA-Parallel-M # FILL IN
    num_vq_tokens: 1024
dataset:
  params:
    num_workers: 8
    pin_memory: true
    persistent_workers: true
    resolution: 512
  preprocessing:
    max_seq_length: 256
    max_lm_text_length: 256
    resolution: 512
optimizer:
  name: adamw
  params:
    learning_rate: 2.0e-5
    beta1: 0.9
    beta2: 0.999
    weight_decay: 0.01
    epsilon: 1.0e-8
lr_scheduler:
  scheduler: cosine
  params:
    warmup_steps: 500
    min_lr_scale: 0.1
mask_schedule:
  schedule: cosine
training:
  # ${GPUS} GPUS x ${PASS} samples x ${GLOBAL_BATCH / (GPUS * PASS)} passes = ${GLOBAL_BATCH} a step.
  batch_size: ${PASS}
  gradient_accumulation_steps: ${GLOBAL_BATCH / (GPUS * PASS)}
  mixed_precision: bf16
  enable_tf32: true
  seed: 42
  max_train_steps: 30000
  max_grad_norm: 1
  cond_dropout_prob: 0.1
  min_masking_rate: 0.0
  text_coeff: 1.0
  image_coeff: 1.0
  guidance_scale: 3.5
  generation_timesteps: 30
  validation_seed: 42
validation:
  interleave_root: interleave_validation
`

const mAccelerate = (): string => `compute_environment: LOCAL_MACHINE
distributed_type: DEEPSPEED
deepspeed_config:
  deepspeed_multinode_launcher: standard
  gradient_accumulation_steps: ${GLOBAL_BATCH / (GPUS * PASS)}
  gradient_clipping: 1.0
  offload_optimizer_device: none
  offload_param_device: none
  zero3_init_flag: false
  zero_stage: 2
machine_rank: 0
main_training_function: main
mixed_precision: bf16
num_machines: 1
num_processes: ${GPUS}
rdzv_backend: static
same_network: true
`

const mScript = (): string => `#!/usr/bin/env bash
# Trains MMaDA-Parallel-M on the shards of this folder. Usage: bash M/train.sh PATH/TO/MMaDA-Parallel-M
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "\${1:?give the folder of MMaDA-Parallel-M}"
# The pattern of the shards stands in the program itself.
pattern="$here/../shards/train-0*.tar"
sed -i.before "s|^\\( *base_shard_pattern = \\).*|\\1\\"$pattern\\"|" training/train_interleave.py
grep -qF "base_shard_pattern = \\"$pattern\\"" training/train_interleave.py ||
  { echo "The line base_shard_pattern = ... was not found: set it by hand to $pattern" >&2; exit 1; }
accelerate launch --config_file "$here/accelerate.yaml" training/train_interleave.py config="$here/config.yaml"
`

const aScript = (): string => `#!/usr/bin/env bash
# Turns the edits of this folder into codes and trains MMaDA-Parallel-A on them.
# Usage: bash A/train.sh PATH/TO/MMaDA-Parallel-A PATH/TO/WEIGHTS OUTPUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "\${1:?give the folder of MMaDA-Parallel-A}" && pwd)
weights=\${2:?give the weights training starts from}
output=\${3:?give a folder for the checkpoints}
export PYTHONPATH="$repository"
# Pictures of the rows are named relative to where this runs.
cd "$here/../quadruplets"
python "$repository/pre_tokenizer/pre_tokenize.py" --splits=1 --rank=0 --type ti2ti --target_size 512 \\
  --dataset_ids "$here/rows" --out_dir "$here/tokens"
python "$repository/pre_tokenizer/concat_record.py" --sub_record_dir "$here/tokens" --save_path "$here/tokens/all_records.json"
cd "$here"
torchrun --nproc_per_node=${GPUS} "$repository/train/train.py" --init_from "$weights" --data_config data.yaml \\
  --output_dir "$output" --batch_size ${PASS} --accum_iter ${GLOBAL_BATCH / (GPUS * PASS)} --epochs 200 --lr 2e-5 --min_lr 0.0 --wd 0.1 \\
  --warmup_epochs 0.001 --clip_grad 4.0 --max_seq_len 5120 --dropout 0.05 --num_workers 16 --data_parallel fsdp \\
  --model_parallel_size 1 --precision bf16 --grad_precision fp32 --save_iteration_interval 1000 --ckpt_max_keep 2 \\
  --seed 42 --cache_ann_on_disk --pin_mem --checkpointing
`

const readme = ({ rows, edits }: { readonly rows: number; readonly edits: number }): string => `# For a cluster

${rows} rows, ${edits} of them edits that train, for the public trainers of MMaDA-Parallel. Written by Tandem Studio; nothing
here was run on a cluster.

| what                           | for                                                                  |
| ------------------------------ | -------------------------------------------------------------------- |
| \`shards/\`                      | M: webdataset tars; \`val-\` and \`test-\` tars stay out of training      |
| \`M/config.yaml\`, \`M/train.sh\`  | M: settings (look for FILL IN), and the start with accelerate        |
| \`quadruplets/\`, \`A/rows/\`      | A: the same rows as a folder, and its training edits as JSON lines   |
| \`A/train.sh\`                   | A: turns them into codes, joins the records, and starts training     |

The settings are the paper's: 30,000 steps of ${GLOBAL_BATCH} samples on ${GPUS} GPUs, AdamW 2e-5, cosine, warm-up 500, a tenth of the
conditions dropped; for A those of its own script, which differ (weight decay 0.1, clip 4). Fewer rows than a step has samples
are seen again and again: lower the steps.
`
