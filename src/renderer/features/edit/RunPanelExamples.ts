/** Instructions the storybook's model understands, made for what is on the canvas. Pure. */
const sprites = new Set(
  (
    'cat fish egg chick apple ball car tree seedling dog bone banana monkey boat kite caterpillar butterfly mouse ' +
    'cheese rabbit carrot pear bee rocket balloon cow blossom cactus train grape snowman tractor'
  ).split(' '),
)
const hungry: Readonly<Record<string, string>> = {
  cat: 'fish',
  dog: 'bone',
  monkey: 'banana',
  mouse: 'cheese',
  rabbit: 'carrot',
}
const growing = new Set(['egg', 'seedling', 'caterpillar', 'blossom'])

const generations = [
  'draw the meadow with a cat and a tree',
  'draw the sea with a boat',
  'draw the snow with a snowman and a dog',
  'draw the night with a rocket',
]

/** A layer's name is its sprite's, with a number where there are several. */
export function spritesIn(layerNames: readonly string[]): string[] {
  const found = layerNames.map((name) => name.toLowerCase().replace(/ \d+$/, '')).filter((name) => sprites.has(name))
  return [...new Set(found)]
}

/** At most six, the ones about this picture first. */
export function examplesFor(task: 'edit' | 'generate', layerNames: readonly string[]): string[] {
  if (task === 'generate') return generations
  const here = spritesIn(layerNames)
  const [first, second] = here
  const fitting = [
    ...here.filter((name) => here.includes(hungry[name] ?? '')).map((name) => `the ${name} is hungry`),
    ...here.filter((name) => growing.has(name)).map((name) => `show what the ${name} becomes later`),
    ...(first ? [`remove the ${first}`, `move the ${first} one cell up`] : []),
    ...(first && second ? [`swap the ${first} and the ${second}`] : []),
    'show it at night',
    'add a balloon somewhere',
    'make the place snow',
  ]
  return fitting.slice(0, 6)
}
