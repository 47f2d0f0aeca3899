// Which operations of a source text can be changed, and to what. The texts are formatted by clang-format and biome, and on that
// it stands: an operator between blanks is a binary one, and no bracket of a type is.
//
// Memory orders are left as they are: x86-64 orders more than any of them asks for but a full fence, so that a weaker one runs
// as before, and lives whatever is tested. ThreadSanitizer is what looks at these (test:sanitize -- tsan).

/** The text with comments, strings and lines of the preprocessor as blanks: the same length, so that places stay. */
export function mask(text) {
  const blank = (part) => part.replace(/[^\n]/g, ' ')
  return text
    .replace(
      /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|(?<!\d)'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g,
      (part) => (/^['"`]/.test(part) ? part[0] + blank(part.slice(1, -1)) + part[0] : blank(part)),
    )
    .replace(/^[ \t]*#(?:.*\\\n)*.*/gm, blank)
}

const BINARY = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '^': '&',
  '<<': '>>',
  '>>': '<<',
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '/=': '*=',
  '|=': '&=',
  '&=': '|=',
}

const WORDS = { true: 'false', false: 'true', fetch_add: 'fetch_sub', fetch_and: 'fetch_or' }

/** The place behind the bracket that belongs to the one at `open`. */
function closing(masked, open) {
  let depth = 0
  for (let at = open; at < masked.length; at++) {
    if ('([{'.includes(masked[at])) depth++
    if (')]}'.includes(masked[at]) && --depth === 0) return at + 1
  }
  return masked.length
}

/** Where the statement that begins at `start` ends, or −1 where it is no statement but the head of a block. */
function statementEnd(masked, start, last) {
  for (let at = start; at < masked.length; at++) {
    if (masked[at] === last) return at
    if (masked[at] === '{' || masked[at] === '}') return -1
    if (masked[at] === '(' || masked[at] === '[') at = closing(masked, at) - 1
  }
  return -1
}

const STATEMENT =
  /(?<=[^\s,(=+\-*/%&|^?<>!]\s*\n) +(?!(?:return|case|default|else|if|for|while|switch|using|throw|export|import|static_assert)\b)((?:\+\+|--)?[\w*][\w:.[\]>()*-]*?)(?:\(| [-+|&^*%/]?= |;)/g

/** Changes of a text in C++ or TypeScript: { kind, at, from, to }. */
function ofCode(text, typescript) {
  const masked = mask(text)
  const found = []
  const add = (kind, at, length, to) => found.push({ kind, at, from: text.slice(at, at + length), to })
  for (const { 1: operator, index } of masked.matchAll(/(?<=[\w)\]"'] )([-+*/%<>=!&|^]{1,3})(?=\s)/g))
    if (BINARY[operator] !== undefined) add('operator', index, operator.length, BINARY[operator])
  for (const { index } of masked.matchAll(/(?<=[(\s])!(?=[\w(])/g)) add('negation', index, 1, '')
  for (const { 0: word, index } of masked.matchAll(/\b(?:true|false)\b|(?<=__atomic_)fetch_(?:add|and)/g))
    add('word', index, word.length, WORDS[word])
  for (const { 0: sign, index } of masked.matchAll(/\+\+|--/g))
    add('operator', index, 2, sign === '++' ? '--' : '++')
  for (const { 0: number, index } of masked.matchAll(/(?<=[\s([{-])\d+(?=[;,)\s\]}U])/g))
    add('number', index, number.length, String(BigInt(number) + 1n))
  for (const { 0: head, index } of masked.matchAll(/\b(?:if|while) \(/g)) {
    const open = index + head.length - 1
    const condition = text.slice(open, closing(masked, open))
    if (!condition.includes(';')) add('condition', open, condition.length, `(!${condition})`)
  }
  if (!typescript)
    for (const { index } of masked.matchAll(/(?<=\S)\s\?\s/g)) add('condition', index, 0, ' == 0')
  for (const { 0: head, 1: word, index } of masked.matchAll(STATEMENT)) {
    const start = index + head.indexOf(word)
    const end = statementEnd(masked, start, typescript ? '\n' : ';')
    if (end > start) add('statement', start, end - start, '')
  }
  return found
}

const INVERTED = { jne: 'je', jnz: 'jz', subq: 'addq', subl: 'addl', addq: 'subq', addsd: 'subsd' }

/** Changes of the sections: a line of assembly is left out, turned round, or changes places with the next one. */
function ofAssembly(text) {
  const found = []
  const lines = [...text.matchAll(/"([a-z]\w*)( [^"\n]*)?\\n(?:\\t)?"/g)]
  lines.forEach(({ 0: line, 1: name, index }, i) => {
    found.push({ kind: 'instruction', at: index, from: line, to: '""' })
    const inverted = INVERTED[name]
    if (inverted) found.push({ kind: 'instruction', at: index, from: line, to: line.replace(name, inverted) })
    const next = lines[i + 1]
    const between = next && text.slice(index + line.length, next.index)
    if (between === undefined || !/^\s*(?:\\|\/\/|RSEQ_INJECT)?\s*$/.test(between) || line === next[0]) return
    const from = line + between + next[0]
    // Their ends stay where they are: a label follows a new line alone.
    const body = (one) => one.replace(/\\n(?:\\t)?"$/, '')
    const end = (one) => one.slice(body(one).length)
    const to = body(next[0]) + end(line) + between + body(line) + end(next[0])
    found.push({ kind: 'order', at: index, from, to })
  })
  return found
}

const oneLine = (text) => text.replace(/\s+/g, ' ')

/** The line of `text` at a place: its number, from 1 on, and what is in it. */
function lineAt(text, at) {
  const number = text.slice(0, at).split('\n').length
  return { number, line: oneLine(text.split('\n')[number - 1].trim()) }
}

/**
 * All mutants of a file, in its order.
 *
 * @returns {{ file: string, kind: string, number: number, line: string, change: string, text: string }[]} change: what a
 *   reason is written down by; it stays the same where lines move. text: of the whole file
 */
export function mutantsOf(file, text) {
  const changes = file.includes('/sections/') ? ofAssembly(text) : ofCode(text, file.endsWith('.ts'))
  const times = new Map()
  return changes
    .sort((a, b) => a.at - b.at)
    .map(({ kind, at, from, to }) => {
      const { number, line } = lineAt(text, at)
      const words = `${line} | ${oneLine(from) || 'nothing'} → ${oneLine(to) || 'nothing'}`
      const time = (times.get(words) ?? 0) + 1
      times.set(words, time)
      return {
        file,
        kind,
        number,
        line,
        change: time > 1 ? `${words} (${time})` : words,
        text: text.slice(0, at) + to + text.slice(at + from.length),
      }
    })
}
