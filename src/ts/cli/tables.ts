/** A bundle of its own: it is larger than all that draws with it. */
export { default } from 'cli-table3'
