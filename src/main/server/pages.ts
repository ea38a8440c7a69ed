/** The few pages the server itself writes: for someone who has no session. Fixed words only, nothing of the request. */
const page = (title: string, ...paragraphs: readonly string[]): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/${DOOR_STYLE}"><title>${title} · Tandem</title></head>
<body><main><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}</main></body>
</html>
`

/** The address of their style sheet: the policy allows none inside a page. */
export const DOOR_STYLE = 'door.css'
export const doorStyle = `:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eceef1, #15181d);
  color: light-dark(#1b1f27, #eceff4); font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 34em; margin: 24px; padding: 28px 32px; border-radius: 10px; background: light-dark(#ffffff, #1d2127); }
h1 { margin: 0 0 12px; font-size: 20px; }
p { margin: 8px 0 0; color: light-dark(#4d5666, #b4bdca); }
code { font-family: ui-monospace, monospace; }
`

const askForLink =
  'On the machine that runs it, press Enter in the terminal of <code>tandem serve</code> for a new link, or start it again.'

export const pages = {
  used: page('This link was used already', 'Each link opens the studio once, in one browser.', askForLink),
  unknown: page('This link is not valid', 'It belongs to an earlier start, or was not copied whole.', askForLink),
  closed: page(
    'This studio needs its link',
    'Open the link that <code>tandem serve</code> printed. If you came here from another page, type the address yourself.',
    askForLink,
  ),
  /** This browser was in before: the server has been started anew since. */
  restarted: page(
    'The studio was started anew',
    'This browser was let in by an earlier start. Who may come in is known to the running server alone, so each start prints a new link, and an old one opens nothing, whoever has it.',
    'Open the new link from the terminal of <code>tandem serve</code>, in this browser: your projects are there as you left them, and changes that were not stored yet are kept here and stored then. If the link has scrolled away, Enter in that terminal prints another.',
  ),
  /** Where the browser came from another site it would not send the new cookie along a redirect: it goes on by itself. */
  onward: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/"><title>Tandem</title></head>
<body><p><a href="/">Open the studio</a></p></body></html>
`,
} as const
