import { PerCpuCounter, status } from 'rseq'

const counter = new PerCpuCounter()
for (let i = 0; i < 1000; i++) counter.inc()
const { backend, reason, message, addon, fastCalls } = status()
console.log(JSON.stringify({ backend, value: counter.value, reason, message, addon, fastCalls }))
