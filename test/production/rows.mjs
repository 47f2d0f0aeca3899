// All recipes: a name, what is expected, and what makes it.
import { rows as alerts } from './alerts.mjs'
import { rows as containers } from './containers.mjs'
import { rows as mounts } from './mounts.mjs'
import { rows as next } from './next.mjs'
import { rows as pm2 } from './pm2.mjs'
import { rows as systemd } from './systemd.mjs'

export const rows = [...containers, ...systemd, ...pm2, ...next, ...mounts, ...alerts]
