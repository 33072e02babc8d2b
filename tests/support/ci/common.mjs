// What both runners need: packages, processes, a log from which secrets are taken, a checkout.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire, register } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)

// Packages that are made for bundlers import JSON as if it were a module: so it is one.
register('data:text/javascript,' + encodeURIComponent(`
  import fs from 'node:fs'
  export async function load (url, context, next) {
    if (!url.endsWith('.json')) return next(url, context)
    return { format: 'module', shortCircuit: true, source: 'export default ' + fs.readFileSync(new URL(url), 'utf8') }
  }`))

// From NODE_PATH, which import itself does not follow.
export const yaml = require('yaml')

export function load (name, file = 'index') {
  for (const directory of (process.env.NODE_PATH ?? '').split(':')) {
    const module = path.join(directory, name, 'dist', `${file}.js`)
    if (fs.existsSync(module)) return import(pathToFileURL(module).href)
  }
  throw new Error(`${name} is not in NODE_PATH`)
}

// One pipe for both outputs, so that their lines stay in order.
export function execute (command, { cwd, env }) {
  const ended = spawnSync('/bin/bash', ['-c', 'exec "$@" 2>&1', '-', ...command],
    { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 })
  if (ended.error) throw ended.error
  return { code: ended.status ?? 128, lines: ended.stdout === '' ? [] : ended.stdout.replace(/\n$/, '').split('\n') }
}

// As with the real ones, a secret is masked from the line on that follows the one which told it.
export class Log {
  secrets = new Set()
  #file

  constructor (file) {
    this.#file = file
    fs.writeFileSync(file, '')
  }

  mask (secret) {
    for (const line of String(secret ?? '').split(/[\r\n]+/)) if (line.trim()) this.secrets.add(line)
  }

  hidden (text) {
    for (const secret of [...this.secrets].sort((a, b) => b.length - a.length)) text = text.replaceAll(secret, '***')
    return text
  }

  holdsSecret (text) {
    return this.hidden(text) !== text
  }

  add (line) {
    fs.appendFileSync(this.#file, this.hidden(line) + '\n')
  }
}

export function git (directory, env, ...args) {
  const { code, lines } = execute(['git', '-C', directory, ...args], { env })
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${lines.join('\n')}`)
  return lines
}

// One commit, detached, with as much of its history as the job asks for (0: all).
// The remote has the address that it has at the forge; the environment's git knows where that is.
export function checkout ({ directory, env, origin, refspecs, commit, depth }) {
  fs.rmSync(directory, { recursive: true, force: true })
  fs.mkdirSync(directory, { recursive: true })
  git(directory, env, 'init', '--quiet')
  git(directory, env, 'remote', 'add', 'origin', origin)
  git(directory, env, 'fetch', '--quiet', '--no-tags', ...(depth > 0 ? [`--depth=${depth}`] : []), 'origin', ...refspecs)
  git(directory, env, 'checkout', '--quiet', '--detach', commit)
}

export function writeJSON (file, value) {
  fs.writeFileSync(file, JSON.stringify(value, null, 2) + '\n')
}
