// What the pages of the browser tests do: ask Privy as its SDK does, and the ceremonies of WebAuthn in its field names.

const decode = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))
const encode = buffer =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

window.ask = async (method, path, body) => {
  const headers = { 'privy-app-id': APP_ID, 'privy-client': 'js-sdk-core:0.76.2', 'Content-Type': 'application/json' }
  const options = { method, headers, credentials: 'include', body: body && JSON.stringify(body) }
  const answer = await fetch(`https://auth.privy.io/api/v1${path}`, options).catch(error => ({ failed: String(error) }))
  return answer.failed ? answer : { status: answer.status, body: await answer.json() }
}

window.register = async () => {
  const relying_party = location.origin
  const { options } = (await ask('POST', '/passkeys/register/init', { relying_party })).body
  const { rp, user } = options
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: decode(options.challenge),
      rp,
      user: { id: decode(user.id), name: user.name, displayName: user.display_name },
      pubKeyCredParams: options.pub_key_cred_params,
      authenticatorSelection: {
        residentKey: options.authenticator_selection.resident_key,
        userVerification: options.authenticator_selection.user_verification,
      },
      attestation: options.attestation,
    },
  })
  const response = {
    client_data_json: encode(made.response.clientDataJSON),
    attestation_object: encode(made.response.attestationObject),
    transports: made.response.getTransports(),
  }
  return { relying_party, authenticator_response: credential(made, response) }
}

window.authenticate = async () => {
  const relying_party = location.origin
  const { options } = (await ask('POST', '/passkeys/authenticate/init', { relying_party })).body
  const used = await navigator.credentials.get({
    publicKey: { challenge: decode(options.challenge), rpId: options.rp_id, userVerification: options.user_verification },
  })
  const response = {
    client_data_json: encode(used.response.clientDataJSON),
    authenticator_data: encode(used.response.authenticatorData),
    signature: encode(used.response.signature),
    user_handle: encode(used.response.userHandle),
  }
  return { relying_party, challenge: options.challenge, authenticator_response: credential(used, response) }
}

const credential = (made, response) => ({
  type: made.type,
  id: made.id,
  raw_id: encode(made.rawId),
  response,
  authenticator_attachment: made.authenticatorAttachment,
  client_extension_results: {},
})
