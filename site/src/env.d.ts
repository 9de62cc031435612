declare namespace App {
  interface Locals {
    /** What the page is rendered from; which report it is follows from the page. */
    report: import('#core/report.ts').PageReport
  }
}
