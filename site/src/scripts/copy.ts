/** Buttons that copy the text beside them, and say whether it worked. */
import { toClipboard } from './clipboard.ts'

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy-of]')) {
  const name = button.textContent
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copyOf ?? '')?.textContent ?? ''
    button.textContent = await toClipboard(text).then(
      () => 'Copied',
      () => 'Could not be copied',
    )
    button.focus()
    setTimeout(() => {
      button.textContent = name
    }, 2000)
  })
}
