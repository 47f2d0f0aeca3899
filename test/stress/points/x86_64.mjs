// What cxx.mjs writes for x86-64.

/** The sections by their instructions. */
export const SECTIONS = {
  'cmpl jne addq': 'add_i64',
  'cmpl jne movsd addsd movsd': 'add_f64',
  'cmpl jne cmpq jne movq': 'compare_store',
  'cmpl jne cmpq jne movq movq': 'compare_store_store',
  'cmpl jne cmpq jne movq movq movq subq jnz leaq movq': 'append',
  'cmpl jne movl movl cmpl jne subl jnz movl': 'watch',
}

/** Two registers that a call may change, and that no section uses. */
export const FIXED = ['r10', 'r11']

/** As much as a byte can skip: points.c's NONE is how long they are. There is no loop that changes no flags. */
const PAUSES = 120

export const delay = (point) => `
	movq	rseq_point@gottpoff(%rip), %r10
	movq	$${point}, %fs:(%r10)
	movq	%fs:8(%r10), %r11
	leaq	37(%r11), %r11
	movq	%r11, %fs:8(%r10)
	movzbl	%r11b, %r11d
	leaq	rseq_point_delays(%rip), %r10
	movzbl	(%r10,%r11), %r11d
	leaq	98f(%rip), %r10
	leaq	(%r10,%r11), %r10
	jmp	*%r10
98:
	.rept	${PAUSES}
	pause
	.endr
`

/** In the abort handler. */
export const COUNT = `
	movq	rseq_point@gottpoff(%rip), %r10
	movq	%fs:(%r10), %r10
	leaq	rseq_point_aborts(%rip), %r11
	lock incq	(%r11,%r10,8)
`
