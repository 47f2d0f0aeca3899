// What QEMU is started with. It emulates: neither KVM nor any privilege is needed.
import { join } from 'node:path'
import { tools } from './tools.mjs'

const MACHINES = {
  arm64: {
    program: 'usr/bin/qemu-system-aarch64',
    // Version 2 of the interrupt controller knows no more than 8 CPUs.
    machine: 'virt,gic-version=3',
    cpu: 'neoverse-n1',
    console: 'ttyAMA0',
  },
  x64: {
    program: 'usr/bin/qemu-system-x86_64',
    machine: 'q35',
    cpu: 'max',
    console: 'ttyS0',
  },
}

/** The guest's ports in their order, and the descriptors of QEMU's that they are connected to. */
const PORTS = { out: 3, err: 4, code: 5 }

/**
 * @param {object} guest what machine.mjs makes of its options
 * @param {{ tag: string, socket: string }[]} shares
 * @returns {string[]} a command; its descriptors 3 to 5 are sockets with what the guest writes to its ports
 */
export function qemu(guest, shares) {
  const { program, machine, cpu, console } = MACHINES[guest.arch]
  const { folder, command } = tools()
  const accelerator = `tcg,thread=multi${guest.singlestep ? ',one-insn-per-tb=on' : ''}`
  const append = [
    `console=${console} loglevel=5`,
    // A panic ends the machine at once.
    'panic=-1',
    // Virtual CPUs stand still when this machine is busy: no lockup, no stall.
    'nowatchdog rcupdate.rcu_cpu_stall_suppress=1',
    // Nothing is speculated about under emulation; the kernel's precautions would only take time.
    'mitigations=off',
    // getrandom must not wait for entropy, which comes slowly here.
    'random.trust_cpu=on',
    // Nobody asks for any of them, and they take a second: self tests, certificates, a source of randomness.
    'cryptomgr.notests initcall_blacklist=load_system_certificate_list,jent_mod_init',
    // Not QEMU's own way to say this: arm64 machines have no sockets for more, later x64 kernels pass over them.
    `maxcpus=${guest.smp}`,
    guest.append,
  ]
  const ports = Object.entries(PORTS).flatMap(([name, descriptor]) => [
    ...['-chardev', `socket,id=${name},fd=${descriptor}`],
    ...['-device', `virtserialport,chardev=${name}`],
  ])
  const mounts = shares.flatMap(({ tag, socket }) => [
    ...['-chardev', `socket,id=${tag},path=${socket}`],
    ...['-device', `vhost-user-fs-pci,chardev=${tag},tag=${tag}`],
  ])
  return [
    ...command(program),
    ...['-M', `${machine},memory-backend=ram`, '-cpu', guest.cpu ?? cpu, '-accel', accelerator],
    ...['-smp', `${guest.maxcpus}`, '-m', `${guest.mem}`],
    // The servers of the shares read the guest's memory.
    ...['-object', `memory-backend-memfd,id=ram,size=${guest.mem}M,share=on`],
    ...['-L', join(folder, 'usr/share/qemu'), '-L', join(folder, 'usr/share/seabios')],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-serial', `file:${guest.log}`, '-device', 'virtio-serial-pci', ...ports, ...mounts],
    ...['-kernel', guest.kernel, '-initrd', guest.initrd, '-append', append.join(' ')],
  ]
}
