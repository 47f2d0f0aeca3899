// What cxx.mjs writes for aarch64.

/** The sections by their instructions. None has an exclusive load, which a delay would part from its store. */
export const SECTIONS = {
  'ldr cmp b.ne ldr add str': 'add_i64',
  'ldr cmp b.ne ldr fadd str': 'add_f64',
  'ldr cmp b.ne ldr cmp b.ne str': 'compare_store',
  'ldr cmp b.ne ldr cmp b.ne str str': 'compare_store_store',
  'ldr cmp b.ne ldr cmp b.ne dmb mov sub ldr str cbnz add stlr': 'append',
  'ldr cmp b.ne ldr mov ldr cmp b.ne subs b.ne str': 'watch',
}

/** Two registers that a call may change, and that no section uses. */
export const FIXED = ['x14', 'x15']

/** So many turns for each that points.c's byte says. */
const TURNS = 8

export const delay = (point) => `
	mrs	x14, tpidr_el0
	adrp	x15, :gottprel:rseq_point
	ldr	x15, [x15, #:gottprel_lo12:rseq_point]
	add	x14, x14, x15
	mov	x15, #${point}
	str	x15, [x14]
	ldr	x15, [x14, #8]
	add	x15, x15, #37
	str	x15, [x14, #8]
	and	x15, x15, #255
	adrp	x14, rseq_point_delays
	add	x14, x14, :lo12:rseq_point_delays
	ldrb	w15, [x14, x15]
	lsl	x15, x15, #${Math.log2(TURNS)}
98:
	cbz	x15, 99f
	sub	x15, x15, #1
	b	98b
99:
`

/** In the abort handler, where x16 and x17 are free: every section says that it changes them. */
export const COUNT = `
	mrs	x14, tpidr_el0
	adrp	x15, :gottprel:rseq_point
	ldr	x15, [x15, #:gottprel_lo12:rseq_point]
	ldr	x14, [x14, x15]
	adrp	x15, rseq_point_aborts
	add	x15, x15, :lo12:rseq_point_aborts
	add	x15, x15, x14, lsl #3
98:
	ldxr	x16, [x15]
	add	x16, x16, #1
	stxr	w17, x16, [x15]
	cbnz	w17, 98b
`
