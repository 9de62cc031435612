/**
 * The state of every series of a target, as columns: a row holds what the next sample is compared with. Rows of live
 * series stand in the order of the last body, which is how the next body comes; rows of vanished ones stand behind them.
 */

const COLUMNS = {
  lo: Uint32Array, // hash of the series' bytes, with `hi`
  hi: Uint32Array,
  length: Uint32Array, // of those bytes
  identityLo: Uint32Array, // hash of what survives a relabelling, with `identityHi`
  identityHi: Uint32Array,
  time: Float64Array, // of the last sample, ms since epoch
  value: Float64Array, // of the last usable sample, cumulative; NaN before the first
  rate: Float64Array, // of the last delta, per ms
  vanishedAt: Float64Array, // watermark of the first good scrape without it; 0 while live
  tailedAt: Float64Array, // watermark at which its tail was last booked; 0 when never
  flow: Int32Array, // index into the checkpoint's flows, or one of the marks below
  proxy: Int32Array, // index into the checkpoint's proxies; -1 when no label tells
  metric: Uint8Array, // see MetricIndex
} as const

type Columns = { [K in keyof typeof COLUMNS]: InstanceType<(typeof COLUMNS)[K]> }
export type SeriesRow = { [K in keyof typeof COLUMNS]: number }

export const UNBOOKED = -1 // internal, ignored, or no metric of ours
export const UNCLASSIFIED = -2

const NAMES = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]

export class SeriesTable {
  size = 0
  columns: Columns
  private ordered: Columns[keyof Columns][] // the same, for copying: going by names takes twice as long
  private index: Int32Array | null = null // open addressing by `lo`; row + 1, 0 for free

  /** Room for none costs nothing: most readings have nobody new. */
  constructor(capacity = 64) {
    this.columns = capacity === 0 ? NO_COLUMNS : allocate(capacity)
    this.ordered = Object.values(this.columns)
  }

  /** Appends a row and gives its number. */
  push(row: SeriesRow): number {
    if (this.size === this.columns.lo.length) this.grow()
    for (const name of NAMES) this.columns[name][this.size] = row[name]
    return this.enter(this.size++)
  }

  /** Appends a copy of another table's row and gives its number. */
  copy(from: SeriesTable, row: number): number {
    if (this.size === this.columns.lo.length) this.grow()
    const to = this.ordered
    for (let i = 0; i < to.length; i++) to[i][this.size] = from.ordered[i][row]
    return this.enter(this.size++)
  }

  /** Makes a row that of a series with another hash, or another length of bytes. */
  relabel(row: number, { lo, hi, length }: Pick<SeriesRow, 'lo' | 'hi' | 'length'>): void {
    this.columns.lo[row] = lo
    this.columns.hi[row] = hi
    this.columns.length[row] = length
    this.index = null
  }

  /** The row of the series with this hash and length of bytes, or -1. */
  find(lo: number, hi: number, length: number): number {
    const index = this.index ?? this.buildIndex()
    const mask = index.length - 1
    const { columns } = this
    for (let slot = lo & mask; index[slot] !== 0; slot = (slot + 1) & mask) {
      const row = index[slot] - 1
      if (columns.lo[row] === lo && columns.hi[row] === hi && columns.length[row] === length) return row
    }
    return -1
  }

  /** How many bytes encode gives. */
  get byteLength(): number {
    return this.size * NAMES.reduce((sum, name) => sum + COLUMNS[name].BYTES_PER_ELEMENT, 0)
  }

  /** The columns' bytes one after another, little-endian, for `size` rows; into `out` from `at` on, where it is given. */
  encode(out: Uint8Array = new Uint8Array(this.byteLength), at = 0): Uint8Array {
    let next = at
    for (const name of NAMES) {
      const column = this.columns[name].subarray(0, this.size)
      out.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), next)
      next += column.byteLength
    }
    return out
  }

  /** The inverse of encode; throws when the bytes are not exactly those of `size` rows. */
  static decode(bytes: Uint8Array, size: number): SeriesTable {
    const table = new SeriesTable(Math.max(64, size))
    let at = 0
    for (const name of NAMES) {
      const column = table.columns[name]
      const length = size * column.BYTES_PER_ELEMENT
      if (at + length > bytes.length) throw new Error(`series table is cut off: ${bytes.length} bytes for ${size} rows`)
      new Uint8Array(column.buffer, 0, length).set(bytes.subarray(at, at + length))
      at += length
    }
    if (at !== bytes.length) throw new Error(`series table has ${bytes.length - at} bytes too many for ${size} rows`)
    table.size = size
    return table
  }

  private grow(): void {
    const wider = allocate(Math.max(64, this.columns.lo.length * 2))
    for (const name of NAMES) wider[name].set(this.columns[name])
    this.columns = wider
    this.ordered = Object.values(wider)
  }

  private buildIndex(): Int32Array {
    let slots = 64
    while (slots < this.size * 3) slots *= 2
    const index = new Int32Array(slots)
    for (let row = 0; row < this.size; row++) enterRow(index, this.columns.lo[row], row)
    this.index = index
    return index
  }

  /** Makes a new row known to the index, if there is one; an index that is full is made anew when next asked. */
  private enter(row: number): number {
    if (this.index !== null && this.size * 2 <= this.index.length) enterRow(this.index, this.columns.lo[row], row)
    else this.index = null
    return row
  }
}

function enterRow(index: Int32Array, lo: number, row: number): void {
  const mask = index.length - 1
  let slot = lo & mask
  while (index[slot] !== 0) slot = (slot + 1) & mask
  index[slot] = row + 1
}

function allocate(capacity: number): Columns {
  return Object.fromEntries(NAMES.map((name) => [name, new COLUMNS[name](capacity)])) as unknown as Columns
}

const NO_COLUMNS = allocate(0)
