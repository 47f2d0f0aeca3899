import type { Check, Mutation } from '../package/abi/binary'
import { exporting, importing } from '../package/abi/portability'
import { rename } from '../package/abi/portability-mutations'

/** Everything that a fast-call addon may ask of Node: functions of V8 in namespace v8, under one name in all. */
const V8 = `_ZN2v812api_internal23GetFunctionTemplateDataEPNS_7IsolateENS_5LocalINS_4DataEEE
  _ZN2v816FunctionTemplate11GetFunctionENS_5LocalINS_7ContextEEE
  _ZN2v816FunctionTemplate3NewEPNS_7IsolateEPFvRKNS_20FunctionCallbackInfoINS_5ValueEEEENS_5LocalIS4_E\
ENSA_INS_9SignatureEEEiNS_19ConstructorBehaviorENS_14SideEffectTypeEPKNS_9CFunctionEttt
  _ZN2v86Number3NewEPNS_7IsolateEd
  _ZN2v86Object3NewEPNS_7IsolateE
  _ZN2v86Object3SetENS_5LocalINS_7ContextEEENS1_INS_5ValueEEES5_
  _ZN2v86String11NewFromUtf8EPNS_7IsolateEPKcNS_13NewStringTypeEi
  _ZN2v87Isolate10GetCurrentEv
  _ZN2v87Isolate17GetCurrentContextEv
  _ZNK2v811ArrayBuffer10ByteLengthEv
  _ZNK2v811ArrayBuffer4DataEv
  _ZNK2v85Value13IsArrayBufferEv
  _ZNK2v86Number5ValueEv`.split(/\s+/)

/** What src/native/addon/runtime.cc calls. */
const LIBC = ['abort', 'free', 'malloc']

export const fastImports = importing(
  'imports are an allow-list of V8 and libc',
  '_ZN2v8',
  (symbol) => V8.includes(symbol) || LIBC.includes(symbol),
)

const entryPoint = (abi: number) => `node_register_module_v${abi}`

/** Node looks for the name with its own module version: no other Node loads the file. */
export const fastExports = (abi: number): Check => exporting(entryPoint(abi))

export function fastMutations(abi: number, exported: Check): Mutation[] {
  return [
    {
      check: fastImports,
      how: 'another name',
      complaint: /imports XZN2v86Object3NewE/,
      change: rename('_ZN2v86Object3NewEPNS_7IsolateE'),
    },
    {
      check: exported,
      how: 'another name',
      complaint: /exports Xode_register_module_v.*does not export node_register_module_v/,
      change: rename(entryPoint(abi)),
    },
  ]
}
