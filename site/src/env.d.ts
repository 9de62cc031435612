declare namespace App {
  interface Locals {
    /** What the page is rendered from: a DayReport below /days/, else the IndexReport. */
    report: import('#core/report.ts').IndexReport | import('#core/report.ts').DayReport
  }
}
