/**
 * Identity index: a table's rows by what survives a relabelling. It may hold every row of a large target, so it is made of
 * two columns and of no text or list for each.
 */
import type { SeriesTable } from '#core/series.ts'

export class IdentityIndex {
  readonly size: number // rows
  private readonly table: SeriesTable
  private readonly heads: Int32Array // by slot: its first row + 1, 0 for none
  private readonly next: Int32Array // by row: the next row + 1 of the same slot, 0 for none

  /** Of the rows that `takes` says yes to. */
  constructor(table: SeriesTable, takes: (row: number) => boolean) {
    let slots = 64
    while (slots < table.size) slots *= 2
    this.table = table
    this.heads = new Int32Array(slots)
    this.next = new Int32Array(table.size)
    let size = 0
    for (let row = table.size - 1; row >= 0; row--) {
      if (!takes(row)) continue
      const slot = table.columns.identityLo[row] & (slots - 1)
      this.next[row] = this.heads[slot]
      this.heads[slot] = row + 1
      size++
    }
    this.size = size
  }

  /** The rows with this identity, in their order. */
  rowsOf(lo: number, hi: number): number[] {
    const { identityLo, identityHi } = this.table.columns
    const rows: number[] = []
    for (let at = this.heads[lo & (this.heads.length - 1)]; at !== 0; at = this.next[at - 1]) {
      if (identityLo[at - 1] === lo && identityHi[at - 1] === hi) rows.push(at - 1)
    }
    return rows
  }
}
