/**
 * Which icons become sprites. The world's list is in curriculum order: the first eight already hold a lifecycle, a
 * meal, four categories and an effect, so the smallest prefix makes samples of every family.
 */
import type { Sprite } from '../src/engine/data/world/schema.ts'

const sprite = (name: string, plural: string, category: string, source: string, fact?: string): Sprite =>
  fact === undefined ? { name, plural, category, source } : { name, plural, category, source, fact }

export const worldSprites: readonly Sprite[] = [
  sprite('cat', 'cats', 'animal', 'cat-face', 'meows'),
  sprite('fish', 'fishes', 'animal', 'tropical-fish', 'swims'),
  sprite('egg', 'eggs', 'thing', 'egg', 'hatches'),
  sprite('chick', 'chicks', 'animal', 'front-facing-baby-chick', 'peeps'),
  sprite('apple', 'apples', 'fruit', 'red-apple', 'is red'),
  sprite('ball', 'balls', 'toy', 'soccer-ball', 'bounces'),
  sprite('car', 'cars', 'vehicle', 'automobile', 'honks'),
  sprite('tree', 'trees', 'plant', 'deciduous-tree', 'gives shade'),
  sprite('seedling', 'seedlings', 'plant', 'seedling', 'has two leaves'),
  sprite('dog', 'dogs', 'animal', 'dog-face', 'barks'),
  sprite('bone', 'bones', 'thing', 'bone'),
  sprite('banana', 'bananas', 'fruit', 'banana', 'is yellow'),
  sprite('monkey', 'monkeys', 'animal', 'monkey-face', 'swings'),
  sprite('boat', 'boats', 'vehicle', 'sailboat', 'sails'),
  sprite('kite', 'kites', 'toy', 'kite', 'needs wind'),
  sprite('caterpillar', 'caterpillars', 'animal', 'bug', 'crawls'),
  sprite('butterfly', 'butterflies', 'animal', 'butterfly', 'flutters'),
  sprite('mouse', 'mice', 'animal', 'mouse-face', 'squeaks'),
  sprite('cheese', 'cheeses', 'thing', 'cheese-wedge', 'is made of milk'),
  sprite('rabbit', 'rabbits', 'animal', 'rabbit-face', 'hops'),
  sprite('carrot', 'carrots', 'thing', 'carrot'),
  sprite('pear', 'pears', 'fruit', 'pear', 'is green'),
  sprite('bee', 'bees', 'animal', 'honeybee', 'makes honey'),
  sprite('rocket', 'rockets', 'vehicle', 'rocket', 'flies to space'),
  sprite('balloon', 'balloons', 'toy', 'balloon', 'pops'),
  sprite('cow', 'cows', 'animal', 'cow-face', 'gives milk'),
  sprite('blossom', 'blossoms', 'plant', 'cherry-blossom', 'is pink'),
  sprite('cactus', 'cactuses', 'plant', 'cactus', 'has spines'),
  sprite('train', 'trains', 'vehicle', 'locomotive', 'runs on rails'),
  sprite('grape', 'grapes', 'fruit', 'grapes', 'is purple'),
  sprite('snowman', 'snowmen', 'thing', 'snowman-without-snow', 'is made of snow'),
  sprite('tractor', 'tractors', 'vehicle', 'tractor', 'works on farms'),
]

/** Pictures outside the world: the image tokenizer learns from them, the judge and the generator never use them. */
export const extraIcons: readonly string[] = `
alien ambulance anchor ant avocado axe backpack badger basketball bat bear beaver bed bell bicycle bird bison blueberries
bomb boomerang bread broccoli bus camel camera candle candy canoe castle cherries chestnut church cloud coconut coin comet
compass cookie coral crab cricket crocodile crown cucumber cupcake custard deer dodo dolphin donkey door doughnut dove
dragon dress droplet drum duck eagle eggplant elephant envelope factory feather ferry fire flamingo flute fly fox frog
garlic gear giraffe glasses goat goose gorilla guitar hamburger hammer hamster hedgehog helicopter hibiscus hippopotamus
hook house hyacinth jellyfish jar kangaroo key koala ladder lemon leopard lime lion lizard llama lobster locked lollipop
lotus magnet mango maracas megaphone melon minibus mirror mosquito motorcycle mountain mushroom octopus olive onion otter
owl oyster package panda parachute parrot peach peacock peanuts pencil penguin pig pineapple pizza popcorn potato pretzel
puzzle-piece rainbow ram rat rhinoceros ring robot rooster rose sandwich scissors scorpion seal shark sheaf-of-rice shield
ship skunk sled sloth snail snake snowflake spider spoon squid star strawberry sun sunflower swan tangerine teapot telescope
tent tiger toolbox top-hat trophy trumpet tulip turkey turtle umbrella unicorn violin volcano waffle watermelon whale
window wolf worm wrench yarn zebra`
  .trim()
  .split(/\s+/)
