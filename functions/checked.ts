/** Checked texts: strings of a strict file for which a function of our own says what is wrong with one. */
import * as z from 'zod'

/** A text for which `problem` has nothing to say. */
export const checked = (problem: (value: string) => string | null, what: string) =>
  z
    .string()
    .superRefine((value, context) => {
      const message = problem(value)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .describe(what)
