import { createHash } from 'node:crypto'
import { type Content, html, trusted } from './html'

/** A page that needs nothing else: no network, no other file. Nothing is loaded and no script runs, whatever its texts say. */
export function pageDocument(title: string, style: string, body: Content): string {
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
${body}</body>
</html>
`.toString()
}
