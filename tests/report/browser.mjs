// Looks at a report as a browser does. Arguments: modules, report, directory for pictures, and
// the browser's path (empty: the one that came with the modules).
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, report, pictures, named] = process.argv.slice(2);
const require = createRequire(resolve(modules, 'package.json'));
const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);

// What the page is as text, first: this needs no browser.
const { HtmlValidate } = require('html-validate');
const validator = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: {
    // Written for machines: shorter, and as valid.
    'long-title': 'off',
    'void-style': 'off',
    'no-inline-style': 'error',
    // Keys reach what a mouse moves.
    'prefer-native-element': 'off',
  },
});
const page = readFileSync(report, 'utf8');
const told = await validator.validateString(page);
for (const { messages } of told.results) {
  for (const one of messages) fault('html', `${one.line}:${one.column} ${one.ruleId}: ${one.message}`);
}
if (/<script|<link|<iframe|<object|<embed|<img|\son\w+=|@import|url\(\s*['"]?(?!#)/i.test(page.replace(/&[a-z]+;/g, ''))) {
  fault('html', 'it has a script, a handler, or something that is loaded');
}

const fetched = async () => (await import(pathToFileURL(require.resolve('@sparticuz/chromium')))).default.executablePath();
const { chromium } = require('playwright-core');
const browser = await chromium.launch({
  executablePath: named || (await fetched()),
  args: ['--no-sandbox', '--font-render-hinting=none', '--disable-gpu'],
});

// The contrast of text against what is behind it, by WCAG 2.2: runs in the page.
function contrasts() {
  const parse = (colour) => {
    const parts = colour.match(/[\d.]+/g).map(Number);
    return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
  };
  const channel = (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const light = (rgb) => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const low = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.getClientRects().length || element.closest('title, desc')) continue;
    const style = getComputedStyle(element);
    const inSvg = element instanceof SVGElement;
    const front = parse(inSvg ? style.fill : style.color).rgb;
    let back = behind(element.closest('svg') ?? element);
    // Within a bar the bar is behind it.
    if (element.classList.contains('inside')) back = parse(getComputedStyle(element.previousElementSibling).fill).rgb;
    const [one, other] = [light(front), light(back)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) low.add(`${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute('class')}: ${node.data.trim().slice(0, 40)}`);
  }
  return [...low];
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 400]) {
    const where = `${colorScheme}-${width}`;
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const tab = await context.newPage();
    tab.on('console', (message) => fault(where, `console: ${message.text()}`));
    tab.on('pageerror', (error) => fault(where, `error: ${error.message}`));
    tab.on('request', (request) => {
      if (request.url() !== pathToFileURL(resolve(report)).href) fault(where, `request: ${request.url()}`);
    });
    await tab.goto(pathToFileURL(resolve(report)).href);
    const [inside, all] = await tab.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    if (all > inside) fault(where, `the page is ${all} wide on a screen of ${inside}`);
    for (const low of await tab.evaluate(contrasts)) fault(where, `contrast ${low}`);
    await tab.screenshot({ path: resolve(pictures, `${where}.png`) });
    // A browser cannot draw a picture of any height.
    const height = Math.min(await tab.evaluate(() => document.documentElement.scrollHeight), 12000);
    await tab.screenshot({ path: resolve(pictures, `${where}-all.png`), fullPage: true, clip: { x: 0, y: 0, width, height } });
    if (where === 'light-1280') await tab.pdf({ path: resolve(pictures, 'print.pdf'), preferCSSPageSize: true });
    await context.close();
  }
}
await browser.close();

const most = 40;
faults.slice(0, most).forEach((one) => console.error(one));
if (faults.length > most) console.error(`and ${faults.length - most} more`);
console.log(faults.length ? `${faults.length} faults` : `the report is sound in a browser; pictures: ${pictures}`);
process.exit(faults.length ? 1 : 0);
