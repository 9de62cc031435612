/**
 * Credentials in Lambda: the environment's, which is the only place Lambda puts them in. Bundles hold this instead of the
 * SDK's search through profiles, single sign-on, web identities and instance metadata: a sixth of their size, a third
 * of the time that they take to load, and half a dozen addresses that nothing has to ask.
 */

/** The provider that the SDK's clients look for under this name; it throws one sentence where nothing is set. */
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error(
      'credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set; give the function a role',
    )
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  }
}
