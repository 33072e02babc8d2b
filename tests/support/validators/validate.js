// validate.js SCHEMA FILE...: says of each file what does not fit the JSON Schema; exit code 1 if anything.
// Run where the packages of package.json are: NODE_PATH.
'use strict'
const fs = require('fs')
const read = file => JSON.parse(fs.readFileSync(file, 'utf8'))

const [schemaFile, ...files] = process.argv.slice(2)
const schema = read(schemaFile)
const draft2020 = String(schema.$schema).includes('2020-12')
const Ajv = require(draft2020 ? 'ajv/dist/2020' : 'ajv').default
const ajv = new Ajv({ allErrors: true, strict: false })
require('ajv-formats').default(ajv)
const validate = ajv.compile(schema)

for (const file of files) {
  if (validate(read(file))) continue
  process.exitCode = 1
  for (const error of validate.errors) console.log(`${file}: ${error.instancePath || '/'} ${error.message}`)
}
if (files.length === 0) process.exitCode = 2
