import { error } from './attempt.js'

if (error !== null) throw error
