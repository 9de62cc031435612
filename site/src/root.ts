/** The relative address of the home page, as seen from the page at a path: './', '../../'. */
export function rootOf(pathname: string): string {
  const depth = pathname.split('/').length - 2
  return depth === 0 ? './' : '../'.repeat(depth)
}
