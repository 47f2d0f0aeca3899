// node clustered.cjs PROGRAM: runs it as a cluster's worker, whose page cannot be whole where it has no addon.
const cluster = require('node:cluster')
const { resolve } = require('node:path')

cluster.setupPrimary({ exec: resolve(process.argv[2]) })
cluster.fork().on('exit', (status) => process.exit(status ?? 1))
