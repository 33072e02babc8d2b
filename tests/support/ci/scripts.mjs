// scripts.mjs DIRECTORY FILE...: writes the shell in CI configurations to files in the directory, one a script, with a
// first line that tells shellcheck the shell; prints what is wrong with a file as such. Exit code 1 if anything is.
//
// GitHub's workflows and actions are read by GitHub's own parser; other YAML by a strict one. An expression in a script
// is wrong: what it stands for may be the text of a stranger.
import fs from 'node:fs'
import path from 'node:path'
import { load, yaml } from './common.mjs'

const { parseWorkflow, NoOperationTraceWriter, convertWorkflowTemplate } = await load('@actions/workflow-parser')
const { parseAction } = await load('@actions/workflow-parser', 'actions/index')
const [directory, ...files] = process.argv.slice(2)
let count = 0

function complain (file, message) {
  console.log(`${file}: ${message}`)
  process.exitCode = 1
}

function emit (file, shell, text) {
  const name = `${++count}-${path.basename(file)}.sh`
  if (/\$\{\{|\$\[\[/.test(text)) complain(file, `an expression in a script: ${text}`)
  fs.writeFileSync(path.join(directory, name), `# shellcheck shell=${shell}\n${text}\n`)
}

async function readGitHub (file, content, parse) {
  const { context, value } = parse({ name: file, content }, new NoOperationTraceWriter())
  if (value && parse === parseWorkflow) await convertWorkflowTemplate(context, value)
  for (const error of context.errors.getErrors()) complain(file, error.message)
}

function documents (file, content) {
  return yaml.parseAllDocuments(content, { strict: true, uniqueKeys: true }).map(document => {
    for (const problem of [...document.errors, ...document.warnings]) complain(file, problem.message)
    return document.toJS()
  })
}

// Scripts stand under these keys, wherever in the file.
const shellOf = { run: 'bash', command: 'bash', script: 'sh', before_script: 'sh', after_script: 'sh', entry: 'sh' }

function walk (file, node, unescape) {
  if (!node || typeof node !== 'object') return
  for (const [key, value] of Object.entries(node)) {
    const lines = Array.isArray(value) && value.every(line => typeof line === 'string') ? value.join('\n') : value
    if (key === 'with' || key === 'inputs') continue
    if (key in shellOf && typeof lines === 'string') emit(file, shellOf[key], unescape(lines))
    else if (key === 'run' && typeof value?.command === 'string') emit(file, 'bash', value.command)
    else walk(file, value, unescape)
  }
}

// sh '…' and sh '''…''': in single quotes Groovy replaces nothing.
function readJenkins (file, content) {
  const plain = content.replace(/'''[^]*?'''|'[^'\n]*'|\/\/.*/g, '')
  for (const [open, close] of ['{}', '()', '[]']) {
    if (plain.split(open).length !== plain.split(close).length) complain(file, `${open} and ${close} are not balanced`)
  }
  if (plain.includes('"')) complain(file, 'a text in which Groovy replaces')
  for (const [, long, short] of content.matchAll(/\bsh (?:'''([^]*?)'''|'([^'\n]*)')/g)) emit(file, 'sh', long ?? short)
}

for (const file of files) {
  const content = fs.readFileSync(file, 'utf8')
  if (path.basename(file) === 'Jenkinsfile') {
    readJenkins(file, content)
    continue
  }
  const all = documents(file, content)
  if (/github\/workflows|gitea/.test(file)) await readGitHub(file, content, parseWorkflow)
  if (path.basename(file) === 'action.yml') await readGitHub(file, content, parseAction)
  const unescape = text => file.includes('buildkite') ? text.replaceAll('$$', '$') : text.replaceAll('{0}', '"$@"')
  all.forEach(document => walk(file, document, unescape))
}
if (count === 0) complain(directory, 'no scripts were found')
