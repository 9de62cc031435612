// Far from UTC on purpose, on a 45-minute offset: a local time that slips into the ledger fails a test.
process.env.TZ = 'Asia/Kathmandu'

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/functions'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/typescript-transform.js' },
  maxWorkers: '100%', // else one core of two is left idle
  testTimeout: 30_000, // ms; the machines that run this are small
  reporters: ['default', '<rootDir>/test/summary-reporter.js'],
}
