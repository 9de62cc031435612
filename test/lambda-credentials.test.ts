import { defaultProvider } from '../infra/lambda-credentials.ts'

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
const before = NAMES.map((name) => process.env[name])

afterEach(() => {
  for (const [i, name] of NAMES.entries()) {
    if (before[i] === undefined) delete process.env[name]
    else process.env[name] = before[i]
  }
})

test('takes the credentials that Lambda puts into the environment', async () => {
  for (const name of NAMES) process.env[name] = `value of ${name}`
  expect(await defaultProvider()()).toEqual({
    accessKeyId: 'value of AWS_ACCESS_KEY_ID',
    secretAccessKey: 'value of AWS_SECRET_ACCESS_KEY',
    sessionToken: 'value of AWS_SESSION_TOKEN',
  })
})

test('says what is missing, without what is there', async () => {
  for (const name of NAMES) delete process.env[name]
  process.env.AWS_SECRET_ACCESS_KEY = 'half of a pair'
  await expect(defaultProvider()()).rejects.toThrow(
    /^credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set; give the function a role$/,
  )
})
