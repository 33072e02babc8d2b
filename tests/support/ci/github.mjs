// Runs a workflow as GitHub's runner would: github.mjs RUN.json, which says
//
//   workflow     the file
//   event        what happened, as in GITHUB_EVENT_PATH; the commit, branches and number are taken from it
//   origin       the address of the repository that the checkout comes from, with its refs/pull/N/…
//   actions      of each "uses:", without its @version, the directory of its action.yml
//   api          GITHUB_API_URL
//   token        of the run; masked
//   environment  what the runner's own process has: PATH, HOME, …
//   output       a directory that gets log (masked), result.json and the workspace
//
// Expressions are evaluated by GitHub's own library. There are checkouts, composite actions, bash steps, conditions,
// outputs from step to step and from job to job (those that hold a secret are dropped), the command files, masks and
// annotations, and the end of what a job left running. There are no matrices, containers, services, defaults, and no
// other actions. Exit code 1: a job failed.
import fs from 'node:fs'
import path from 'node:path'
import { checkout, execute, load, Log, writeJSON, yaml } from './common.mjs'

const { Evaluator, Lexer, Parser, data } = await load('@actions/expressions')
const run = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
const event = run.event
const pull = event.pull_request
const output = path.resolve(run.output)
const workspace = path.join(output, 'workspace')
const temporary = path.join(output, 'temp')
fs.rmSync(temporary, { recursive: true, force: true })
fs.mkdirSync(temporary, { recursive: true })
const tracking = `github_${process.pid}_${Date.now()}`
const log = new Log(path.join(output, 'log'))
log.mask(run.token)

// Of a merged one, GITHUB_REF is what it was merged into.
const merged = event.action === 'closed' && pull.merged
const github = {
  event_name: 'pull_request',
  event,
  actor: 'octocat',
  api_url: run.api,
  base_ref: pull.base.ref,
  head_ref: pull.head.ref,
  ref: merged ? `refs/heads/${pull.base.ref}` : `refs/pull/${pull.number}/merge`,
  repository: event.repository.full_name,
  repository_owner: event.repository.full_name.split('/')[0],
  run_attempt: '1',
  run_id: '4711',
  run_number: '42',
  server_url: 'https://github.com',
  sha: pull.merge_commit_sha,
  token: run.token,
  workflow: 'vela',
  workspace
}

function mapValues (map, change) {
  return Object.fromEntries(Object.entries(map ?? {}).map(([name, value]) => [name, change(value)]))
}

// --- expressions ---

function toData (value) {
  if (value === undefined || value === null) return new data.Null()
  if (typeof value === 'boolean') return new data.BooleanData(value)
  if (typeof value === 'number') return new data.NumberData(value)
  if (typeof value === 'string') return new data.StringData(value)
  if (Array.isArray(value)) return new data.Array(...value.map(toData))
  return new data.Dictionary(...Object.entries(value).map(([key, member]) => ({ key, value: toData(member) })))
}

// Statuses: what went before decides whether something runs.
function statusFunctions (failed) {
  const all = { success: !failed, failure: failed, always: true, cancelled: false }
  return Object.entries(all).map(([name, value]) =>
    ({ name, description: '', minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) }))
}

function evaluate (expression, contexts, failed = false) {
  const functions = statusFunctions(failed)
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse()
  return new Evaluator(tree, toData(contexts), new Map(functions.map(f => [f.name, f]))).evaluate()
}

function text (template, contexts) {
  return String(template ?? '').replace(/\$\{\{(.*?)\}\}/gs,
    (_, expression) => evaluate(expression, contexts).coerceString())
}

function texts (map, contexts) {
  return mapValues(map, value => text(value, contexts))
}

// A condition that asks for no status asks for success too.
function holds (condition, contexts, failed) {
  if (condition === undefined) return !failed
  const expression = String(condition).replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1')
  const asks = /\b(success|failure|always|cancelled)\s*\(/.test(expression)
  return (asks || !failed) && truth(evaluate(expression, contexts, failed))
}

function truth (result) {
  return !(result instanceof data.Null) && !['', 'false', '0'].includes(result.coerceString())
}

// --- what a step prints and writes ---

const unescaped = value => value.replace(/%(0D|0A|3A|2C|25)/g, code => decodeURIComponent(code))
const annotationsPerLevel = 10

function readLine (line, step) {
  const [, name, properties, value] = /^\s*::([a-z0-9-]+)(?: ([^:]*))?::(.*)$/.exec(line) ?? []
  if (step.resume) {
    if (name === step.resume) delete step.resume
    log.add(line)
    return
  }
  if (name === 'stop-commands') step.resume = value
  if (name === 'set-output') step.outputs[/name=([^,]*)/.exec(properties)[1]] = value
  if (name === 'add-mask') {
    log.mask(unescaped(value))
    log.add('::add-mask::***')
    return
  }
  if (['error', 'warning', 'notice'].includes(name)) {
    const given = (properties ?? '').split(',').filter(Boolean).map(property => property.split(/=(.*)/s).slice(0, 2))
    const same = step.annotations.filter(annotation => annotation.level === name)
    const annotation = { ...mapValues(Object.fromEntries(given), unescaped), level: name, message: log.hidden(unescaped(value)) }
    if (same.length < annotationsPerLevel) step.annotations.push(annotation)
  }
  log.add(line)
}

// NAME=VALUE, or NAME<<END and lines up to END; anything else fails the step.
function readCommandFile (file) {
  const values = {}
  const lines = fs.readFileSync(file, 'utf8').replace(/\n$/, '').split('\n')
  while (lines.length > 0) {
    const line = lines.shift()
    const [, name, operator, rest] = /^(.+?)(=|<<)(.*)$/s.exec(line) ?? []
    if (line === '') continue
    if (!name) throw new Error(`invalid format in a command file: ${line}`)
    if (operator === '=') {
      values[name] = rest
      continue
    }
    const end = lines.indexOf(rest)
    if (end < 0) throw new Error(`no end ${rest} in a command file`)
    values[name] = lines.splice(0, end + 1).slice(0, -1).join('\n')
  }
  return values
}

// --- steps ---

const shells = {
  undefined: ['bash', '-e'],
  bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail']
}

function environmentOf (job, step, contexts) {
  const variables = Object.entries(github).filter(([name, value]) => typeof value === 'string' && name !== 'token')
  return {
    ...run.environment,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    ...Object.fromEntries(variables.map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value])),
    GITHUB_EVENT_PATH: path.join(temporary, 'event.json'),
    GITHUB_JOB: job.id,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temporary,
    RUNNER_TRACKING_ID: tracking,
    ...job.env,
    ...texts(step.env, contexts)
  }
}

let files = 0

function runScript (job, step, contexts, record) {
  const prefix = path.join(temporary, String(++files))
  const commandFiles = Object.fromEntries(['OUTPUT', 'ENV', 'STEP_SUMMARY'].map(name => [`GITHUB_${name}`, `${prefix}.${name}`]))
  for (const file of Object.values(commandFiles)) fs.writeFileSync(file, '')
  const env = { ...environmentOf(job, step, contexts), ...commandFiles }
  if (contexts.github.action_path) env.GITHUB_ACTION_PATH = contexts.github.action_path
  const shell = shells[step.shell]
  if (!shell) throw new Error(`no shell ${step.shell}`)
  fs.writeFileSync(`${prefix}.sh`, text(step.run, contexts))
  const cwd = path.resolve(workspace, text(step['working-directory'] ?? '.', contexts))
  const { code, lines } = execute([...shell, `${prefix}.sh`], { cwd, env })
  lines.forEach(line => readLine(line, record))
  record.outputs = { ...record.outputs, ...readCommandFile(commandFiles.GITHUB_OUTPUT) }
  record.summary = fs.readFileSync(commandFiles.GITHUB_STEP_SUMMARY, 'utf8')
  record.code = code
  Object.assign(job.env, readCommandFile(commandFiles.GITHUB_ENV))
  return code === 0
}

// Its steps see its inputs, and neither the steps nor the secrets of whoever uses it.
function runAction (job, step, contexts, record) {
  const directory = run.actions[step.uses.split('@')[0]]
  if (!directory) throw new Error(`no action ${step.uses}`)
  const action = yaml.parse(fs.readFileSync(path.join(directory, 'action.yml'), 'utf8'))
  const given = texts(step.with, contexts)
  for (const name of Object.keys(given)) if (!(name in action.inputs)) throw new Error(`${step.uses} has no input ${name}`)
  const inputs = { ...mapValues(action.inputs, input => text(input.default, { github })), ...given }
  const inside = { github: { ...github, action_path: directory }, runner: contexts.runner, inputs, steps: {} }
  const passed = runSteps(job, action.runs.steps, inside, record.steps = [])
  record.annotations = record.steps.flatMap(inner => inner.annotations)
  record.summary = record.steps.map(inner => inner.summary).join('')
  record.outputs = mapValues(action.outputs, declared => text(declared.value, inside))
  return passed
}

function runCheckout (step) {
  const { number } = pull
  const remote = `refs/remotes/pull/${number}/merge`
  const depth = Number(step.with?.['fetch-depth'] ?? 1)
  // With all of the history come all branches.
  const refspecs = merged ? [] : [`+refs/pull/${number}/merge:${remote}`]
  if (depth === 0) refspecs.push('+refs/heads/*:refs/remotes/origin/*')
  if (refspecs.length === 0) refspecs.push(`+refs/heads/${pull.base.ref}:refs/remotes/origin/${pull.base.ref}`)
  checkout({ directory: workspace, env: run.environment, origin: run.origin, refspecs, commit: github.sha, depth })
  return true
}

function runStep (job, step, contexts, record) {
  if (step.run !== undefined) return runScript(job, step, contexts, record)
  if (step.uses.startsWith('actions/checkout@')) return runCheckout(step)
  return runAction(job, step, contexts, record)
}

function runSteps (job, steps, contexts, records) {
  let failed = false
  for (const step of steps) {
    const name = step.name ?? step.uses ?? step.run.split('\n')[0]
    const record = { name, id: step.id, outcome: 'skipped', outputs: {}, annotations: [], summary: '' }
    records.push(record)
    if (!holds(step.if, { ...contexts, env: job.env }, failed)) continue
    log.add(`##[group]Run ${name}`)
    const passed = runStep(job, step, { ...contexts, env: job.env }, record)
    record.outcome = passed ? 'success' : 'failure'
    failed ||= !passed && !step['continue-on-error']
    if (step.id) contexts.steps[step.id] = { outputs: record.outputs, outcome: record.outcome, conclusion: record.outcome }
  }
  return !failed
}

// --- jobs ---

// What a job leaves running is ended, if it can be told by its environment.
function endOrphans () {
  for (const pid of fs.readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      if (!fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`RUNNER_TRACKING_ID=${tracking}`)) continue
      process.kill(Number(pid), 'SIGTERM')
      log.add(`Terminate orphan process: pid (${pid})`)
    } catch {} // it has gone, or is not ours to look at
  }
}

function runJob (id, definition, workflow, finished) {
  const needed = [definition.needs ?? []].flat()
  const needs = Object.fromEntries(needed.map(name => [name, finished[name]]))
  const secrets = { GITHUB_TOKEN: run.token }
  const contexts = { github, needs, runner: { os: 'Linux', temp: temporary }, secrets, steps: {} }
  const record = finished[id] = { result: 'skipped', outputs: {}, steps: [], dropped: [] }
  if (!holds(definition.if, contexts, needed.some(name => finished[name].result !== 'success'))) return
  fs.mkdirSync(workspace, { recursive: true })
  const job = { id, env: { ...texts(workflow.env, contexts), ...texts(definition.env, contexts) } }
  log.add(`##[job]${id}`)
  record.result = runSteps(job, definition.steps, contexts, record.steps) ? 'success' : 'failure'
  endOrphans()
  for (const [name, value] of Object.entries(texts(definition.outputs, contexts))) {
    if (log.holdsSecret(value)) record.dropped.push(name)
    else record.outputs[name] = value
  }
}

writeJSON(path.join(temporary, 'event.json'), event)
const workflow = yaml.parse(fs.readFileSync(run.workflow, 'utf8'))
const finished = {}
const triggered = workflow.on.pull_request?.types?.includes(event.action)
for (let waiting = triggered ? Object.keys(workflow.jobs) : []; waiting.length > 0;) {
  const ready = waiting.filter(id => [workflow.jobs[id].needs ?? []].flat().every(need => need in finished))
  if (ready.length === 0) throw new Error(`jobs wait for each other: ${waiting.join(', ')}`)
  for (const id of ready) runJob(id, workflow.jobs[id], workflow, finished)
  waiting = waiting.filter(id => !ready.includes(id))
}
writeJSON(path.join(output, 'result.json'), { triggered: Boolean(triggered), jobs: finished })
process.exitCode = Object.values(finished).some(job => job.result === 'failure') ? 1 : 0
