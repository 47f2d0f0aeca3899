// The seccomp profile that Docker, Podman and containerd's RuntimeDefault share, in the form that runc is told.
import { existsSync, readFileSync } from 'node:fs'

const PROFILE = '/usr/share/containers/seccomp.json'
const [LIBRARY, DOCKER] = process.arch === 'arm64' ? ['AARCH64', 'arm64'] : ['X86_64', 'amd64']

const some = (wanted = [], there) => wanted.some((one) => there.includes(one))

/** A rule is for some architectures and capabilities, and not for others. */
function applies({ includes = {}, excludes = {} }, capabilities) {
  if (includes.caps !== undefined && !some(includes.caps, capabilities)) return false
  if (includes.arches !== undefined && !includes.arches.includes(DOCKER)) return false
  return !some(excludes.caps, capabilities) && !some(excludes.arches, [DOCKER])
}

/**
 * @param {string[]} capabilities of the container
 * @param {string[]} denied names of system calls that a stricter profile denies, too
 */
export function seccomp(capabilities, denied) {
  if (!existsSync(PROFILE)) throw new Error(`${PROFILE} is missing: install golang-github-containers-common`)
  const profile = JSON.parse(readFileSync(PROFILE, 'utf8'))
  const rules = profile.syscalls
    .filter((rule) => applies(rule, capabilities))
    .map(({ names, action, errnoRet, args }) => ({
      names: names.filter((name) => !denied.includes(name)),
      action,
      errnoRet,
      args: args ?? [],
    }))
  if (denied.length > 0) rules.push({ names: denied, action: 'SCMP_ACT_ERRNO', errnoRet: 1 })
  const { defaultAction, defaultErrnoRet } = profile
  return { defaultAction, defaultErrnoRet, architectures: [`SCMP_ARCH_${LIBRARY}`], syscalls: rules }
}
