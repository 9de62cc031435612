/** Ends a run with the skipped tests by name and then one line, for people and CI alike: `12 passed, 0 failed`. */
import { writeSync } from 'node:fs'

export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName),
    )
    // A file that could not even be loaded has no tests to count, and must not pass for a success.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    const tally = `${results.numPassedTests} passed, ${failed} failed`
    const lines = [
      ...skipped.map((name) => `skipped: ${name}`),
      skipped.length > 0 ? `${tally}, ${skipped.length} skipped` : tally,
    ]
    // Jest's own summary comes after every other reporter, so the last word is only to be had at exit.
    process.once('exit', () => writeSync(1, `${lines.join('\n')}\n`))
  }
}
