// Runs before the first paint, so that a chosen theme never flashes in the other one.
document.documentElement.classList.add('scripted')
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is closed to this page; the system's theme stands.
}
