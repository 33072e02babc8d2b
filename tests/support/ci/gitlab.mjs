// Runs the jobs of a merge request's pipeline as GitLab and its shell executor would: gitlab.mjs RUN.json, which says
//
//   config       the .gitlab-ci.yml
//   components   a directory that has templates/NAME.yml for each component that is included
//   variables    predefined (CI_…) and the project's; CI_COMMIT_SHA is checked out, of CI_MERGE_REQUEST_REF_PATH
//   masked       names of those that are secrets
//   play         a manual job to run, and no other; as GitLab plays on_stop when a merge request is merged or closed
//   origin       the address of the repository that the checkout comes from
//   environment  what the runner's own process has: PATH, HOME, …
//   output       a directory that gets log (masked), result.json, artifacts/JOB/… and the workspace
//
// There are components with typed inputs, extends, rules with "if", stages, needs, variables, before_script, script and
// after_script, environments, artifacts. What GitLab refuses when it reads the file is refused here: unknown inputs,
// an on_stop or needs without that job. Exit code 1: a job failed that may not.
import fs from 'node:fs'
import path from 'node:path'
import { checkout, execute, Log, writeJSON, yaml } from './common.mjs'

const run = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
const output = path.resolve(run.output)
const workspace = path.join(output, 'workspace')
fs.mkdirSync(output, { recursive: true })
const log = new Log(path.join(output, 'log'))
for (const name of run.masked) log.mask(run.variables[name])
const keywords = ['include', 'stages', 'variables', 'workflow', 'default', 'spec']

// --- the configuration ---

function checkInput (name, input, value) {
  const type = input.type ?? 'string'
  const actual = Array.isArray(value) ? 'array' : typeof value
  if (value === undefined) throw new Error(`input ${name} is required`)
  if (actual !== type) throw new Error(`input ${name} is ${actual}, not ${type}`)
  if (input.options && !input.options.includes(value)) throw new Error(`input ${name} is none of ${input.options}`)
}

// A value that is nothing but an input keeps the input's type.
function interpolate (node, inputs) {
  const value = name => {
    if (!(name in inputs)) throw new Error(`there is no input ${name}`)
    return inputs[name]
  }
  if (typeof node === 'string') {
    const [, whole] = /^\$\[\[\s*inputs\.(\w+)\s*\]\]$/.exec(node) ?? []
    return whole ? value(whole) : node.replace(/\$\[\[\s*inputs\.(\w+)\s*\]\]/g, (_, name) => value(name))
  }
  if (Array.isArray(node)) return node.map(member => interpolate(member, inputs))
  if (node && typeof node === 'object') {
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [interpolate(key, inputs), interpolate(member, inputs)]))
  }
  return node
}

function component (include) {
  const name = expand(include.component, run.variables).split('@')[0].split('/').at(-1)
  const file = path.join(run.components, 'templates', `${name}.yml`)
  const [header, body] = yaml.parseAllDocuments(fs.readFileSync(file, 'utf8')).map(document => document.toJS())
  const given = include.inputs ?? {}
  const inputs = {}
  for (const name of Object.keys(given)) if (!(name in header.spec.inputs)) throw new Error(`${file} has no input ${name}`)
  for (const [name, input] of Object.entries(header.spec.inputs)) {
    inputs[name] = given[name] ?? input?.default
    checkInput(name, input ?? {}, inputs[name])
  }
  return interpolate(body, inputs)
}

const isMap = value => value && typeof value === 'object' && !Array.isArray(value)

function merge (below, above) {
  const merged = { ...below }
  for (const [key, value] of Object.entries(above)) merged[key] = isMap(value) && isMap(below[key]) ? merge(below[key], value) : value
  return merged
}

function readConfig () {
  const own = yaml.parse(fs.readFileSync(run.config, 'utf8'))
  return [own.include ?? []].flat().map(component).concat(own).reduce(merge, {})
}

function extended (jobs, job) {
  return [job.extends ?? []].flat().map(name => {
    if (!(name in jobs)) throw new Error(`there is no ${name} to extend`)
    return extended(jobs, jobs[name])
  }).concat(job).reduce(merge, {})
}

function checkConfig (jobs, stages) {
  for (const [name, job] of Object.entries(jobs)) {
    const stop = job.environment?.on_stop
    if (!stages.includes(job.stage ?? 'test')) throw new Error(`job ${name}: there is no stage ${job.stage}`)
    if (stop && jobs[stop]?.environment?.action !== 'stop') throw new Error(`on_stop: ${stop} does not stop an environment`)
    if (stop && jobs[stop].environment.name !== job.environment.name) throw new Error(`${stop} stops another environment`)
    for (const need of job.needs ?? []) if (!(need in jobs)) throw new Error(`job ${name} needs ${need}, which is none`)
  }
}

// --- variables and rules ---

// A variable that names itself stays as it is.
function expand (value, variables, depth = 0) {
  return String(value).replace(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (all, braced, plain) => {
    if (all === '$$') return '$'
    const found = variables[braced ?? plain]
    return found === undefined ? '' : depth > 4 ? String(found) : expand(found, variables, depth + 1)
  })
}

// Of "if": variables, texts, null, ==, !=, && and ||.
function condition (text, variables) {
  const operand = token => token[0] === '$' ? variables[token.slice(1)] : token === 'null' ? undefined : token.slice(1, -1)
  const compare = clause => {
    const [, left, operator, right] = /^\s*(\$\w+)(?:\s*(==|!=)\s*(\$\w+|"[^"]*"|'[^']*'|null))?\s*$/.exec(clause) ?? []
    if (!left) throw new Error(`cannot read the rule: ${text}`)
    if (!operator) return Boolean(operand(left))
    return (operand(left) === operand(right)) === (operator === '==')
  }
  return text.split('||').some(clauses => clauses.split('&&').every(compare))
}

// How a job gets into a merge request's pipeline: by a rule, or not at all.
function ruleOf (job) {
  const rule = (job.rules ?? []).find(rule => rule.if === undefined || condition(rule.if, run.variables))
  if (!rule) return undefined
  const when = rule.when ?? job.when ?? 'on_success'
  return when === 'never' ? undefined : { when, allowFailure: rule.allow_failure ?? job.allow_failure ?? false }
}

// --- a job ---

function script (lines, env) {
  const file = path.join(output, 'script.sh')
  // Each command is shown before it runs.
  const shown = [lines].flat().map(line => `printf '%s\\n' ${quoted('$ ' + line.split('\n')[0])}\n${line}\n`)
  fs.writeFileSync(file, `set -eo pipefail\nset +o noclobber\n${shown.join('')}`)
  const { code, lines: printed } = execute(['bash', file], { cwd: workspace, env })
  printed.forEach(line => log.add(line))
  return code
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`

// A report that is not there is a warning in GitLab; which ones were is in the record.
function collect (name, artifacts, failed) {
  const when = artifacts?.when ?? 'on_success'
  if (!artifacts || (when === 'on_success' && failed) || (when === 'on_failure' && !failed)) return []
  const directory = path.join(output, 'artifacts', name)
  fs.mkdirSync(directory, { recursive: true })
  const reports = Object.values(artifacts.reports ?? {}).flat()
  return [...new Set([...(artifacts.paths ?? []), ...reports])].filter(file => {
    const there = fs.existsSync(path.join(workspace, file))
    if (there) fs.cpSync(path.join(workspace, file), path.join(directory, file), { recursive: true })
    else log.add(`WARNING: ${file}: no matching files`)
    return there
  })
}

function runJob (name, job, config) {
  const predefined = { ...run.variables, CI_JOB_NAME: name, CI_JOB_STAGE: job.stage, CI_PROJECT_DIR: workspace }
  const all = { ...predefined, ...config.variables, ...job.variables }
  const variables = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, expand(value, all)]))
  const environment = job.environment && { action: 'start', ...job.environment, name: expand(job.environment.name, variables) }
  const env = { ...run.environment, CI: 'true', GITLAB_CI: 'true', ...variables }
  if (environment) env.CI_ENVIRONMENT_NAME = environment.name
  checkout({
    directory: workspace,
    env: run.environment,
    origin: run.origin,
    refspecs: [`+${variables.CI_MERGE_REQUEST_REF_PATH}:refs/pipelines/1`],
    commit: variables.CI_COMMIT_SHA,
    depth: Number(variables.GIT_DEPTH ?? 20)
  })
  log.add(`[job ${name}]`)
  const code = script([...(job.before_script ?? []), ...job.script], env)
  if (job.after_script) script(job.after_script, { ...env, CI_JOB_STATUS: code ? 'failed' : 'success' })
  return { code, environment, artifacts: collect(name, job.artifacts, code !== 0) }
}

// --- the pipeline ---

const config = readConfig()
const stages = ['.pre', ...(config.stages ?? ['build', 'test', 'deploy']), '.post']
const names = Object.keys(config).filter(name => !keywords.includes(name) && !name.startsWith('.'))
const jobs = Object.fromEntries(names.map(name => [name, extended(config, config[name])]))
checkConfig(jobs, stages)
const record = {}
const failedStages = new Set()
const stageOf = job => stages.indexOf(job.stage ?? 'test')
for (const [name, job] of Object.entries(jobs).sort(([, a], [, b]) => stageOf(a) - stageOf(b))) {
  const rule = ruleOf(job)
  const stage = stageOf(job)
  const lacks = need => record[need]?.status !== 'success'
  const blocked = job.needs ? job.needs.some(lacks) : [...failedStages].some(other => other < stage)
  if (!rule) continue
  if (run.play && run.play !== name) continue
  if (!run.play && rule.when === 'manual') record[name] = { status: 'manual' }
  else if (!run.play && blocked && rule.when === 'on_success') record[name] = { status: 'skipped' }
  else {
    const ended = runJob(name, job, config)
    record[name] = { status: ended.code === 0 ? 'success' : 'failed', allowFailure: rule.allowFailure, ...ended }
    if (ended.code !== 0 && !rule.allowFailure) failedStages.add(stage)
  }
}
writeJSON(path.join(output, 'result.json'), { jobs: record })
process.exitCode = failedStages.size > 0 ? 1 : 0
