/** The few pages the server itself writes: for someone who has no session. Fixed words only, nothing of the request. */
const page = (title: string, text: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Tandem</title></head>
<body><h1>${title}</h1><p>${text}</p></body>
</html>
`

const askForLink =
  'On the machine that runs it, press Enter in the terminal of "tandem serve" for a new link, or start it again.'

export const pages = {
  used: page('This link was used already', `Each link opens the studio once, in one browser. ${askForLink}`),
  unknown: page('This link is not valid', `It belongs to an earlier start, or was not copied whole. ${askForLink}`),
  closed: page(
    'This studio needs its link',
    `Open the link that "tandem serve" printed. If you came here from another page, type the address yourself. ${askForLink}`,
  ),
  /** Where the browser came from another site it would not send the new cookie along a redirect: it goes on by itself. */
  onward: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/"><title>Tandem</title></head>
<body><p><a href="/">Open the studio</a></p></body></html>
`,
} as const
