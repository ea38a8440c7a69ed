/** The total table of ops. Adding an op: its definition in a file beside this one, and one name here. */
import type { OpDefinition } from '../types.ts'
import { Attend } from './attend.ts'
import { Conv, ConvTranspose } from './conv.ts'
import {
  Add,
  Div,
  Exp,
  Log,
  Max,
  Mul,
  Neg,
  Relu,
  Sigmoid,
  Sign,
  Silu,
  Sqrt,
  StopGradient,
  Sub,
  Tanh,
} from './elementwise.ts'
import { Gather, GatherElements, ScatterAdd } from './gather.ts'
import { ArgMax, Cast, CumSum, Equal, Less, Where } from './logic.ts'
import { Gemm, MatMul, MatMulRows } from './matmul.ts'
import { Enlarge, GroupNorm } from './picture.ts'
import { ProductInt8, ProductNBits } from './quantised.ts'
import { LogSoftmax, ReduceMax, ReduceMean, ReduceSum, ReduceSumSquare, Softmax } from './reduce.ts'
import { MultiHead } from './multi-head.ts'
import { RmsInverse, RmsNorm } from './rms-norm.ts'
import { Rope } from './rope.ts'
import { Ends, Take } from './rows.ts'
import { Concat, Expand, Pad, Reshape, Slice, Transpose } from './shape.ts'

export const ops = {
  Add,
  Sub,
  Mul,
  Div,
  Max,
  Neg,
  Exp,
  Log,
  Sqrt,
  Sigmoid,
  Tanh,
  Relu,
  Silu,
  Sign,
  StopGradient,
  Reshape,
  Transpose,
  Expand,
  Slice,
  Pad,
  Concat,
  MatMul,
  MatMulRows,
  Gemm,
  Attend,
  MultiHead,
  RmsNorm,
  RmsInverse,
  Rope,
  Take,
  Ends,
  ReduceSum,
  ReduceMean,
  ReduceSumSquare,
  ReduceMax,
  Softmax,
  LogSoftmax,
  Gather,
  GatherElements,
  ScatterAdd,
  Equal,
  Less,
  Where,
  Cast,
  CumSum,
  ArgMax,
  Conv,
  ConvTranspose,
  GroupNorm,
  Enlarge,
  ProductNBits,
  ProductInt8,
} satisfies Record<string, OpDefinition>

export type OpName = keyof typeof ops

export const isOpName = (name: string): name is OpName => Object.hasOwn(ops, name)
