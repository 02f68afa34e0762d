// An OAuth client that does what ChatGPT does, on the strict library oauth4webapi. It is told what to do by lines of JSON
// on standard input and answers each with one line of JSON. It must not forgive anything.

import { readFileSync } from 'node:fs'
import { connect as tlsConnect } from 'node:tls'
import { createInterface } from 'node:readline'
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import * as oauth from 'oauth4webapi'
import { Agent, fetch as undiciFetch } from 'undici'

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'))

// Names are resolved by the settings alone, so that https://homeport.test is a port of this machine; TLS is verified.
const ca = settings.authority ? readFileSync(settings.authority) : undefined
const dispatcher = new Agent({
  connect(options, callback) {
    const port = settings.places[options.hostname]
    if (port === undefined) return callback(new Error(`${options.hostname} is not known here`))
    const socket = tlsConnect({ host: '127.0.0.1', port, servername: options.hostname, ca, ALPNProtocols: ['http/1.1'] })
    socket.once('secureConnect', () => callback(null, socket)).once('error', error => callback(error))
  },
})
const customFetch = (url, options) => undiciFetch(url, { ...options, dispatcher: settings.places ? dispatcher : undefined })
const options = { [oauth.customFetch]: customFetch, [oauth.allowInsecureRequests]: !settings.places }

let as, client, clientAuth, resource, redirectUri, pending, tokens

// `changed` are claims that a client of ours would never send; a number there is relative to now, in seconds.
async function clientAuthentication(method, changed = {}) {
  if (method === 'none') return oauth.None()
  const jwk = settings.privateJwk
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
  return oauth.PrivateKeyJwt({ key, kid: jwk.kid }, {
    [oauth.modifyAssertion](header, claims) {
      strictEqual(header.alg, 'RS256')
      claims.aud = settings.audience === 'token_endpoint' ? as.token_endpoint : as.issuer
      for (const [name, value] of Object.entries(changed)) {
        claims[name] = typeof value === 'number' ? Math.floor(Date.now() / 1000) + value : value
      }
    },
  })
}

const commands = {
  // From the URL a person pastes to the URL the popup opens: nothing else is known beforehand.
  async connect({ clientId, redirect, register, scope, mcpUrl }) {
    if (mcpUrl) settings.mcpUrl = mcpUrl
    const pasted = settings.mcpUrl
    const unauthorized = await customFetch(pasted, mcpRequest('tools/list', {}))
    strictEqual(unauthorized.status, 401)
    const challenge = parseChallenge(unauthorized.headers.get('www-authenticate'))
    await unauthorized.arrayBuffer()
    ok(challenge.scope, 'the challenge names the scopes')
    ok(!challenge.scope.split(' ').includes('offline_access'), 'a resource does not need refresh tokens')
    const suffixed = new URL(`/.well-known/oauth-protected-resource${new URL(pasted).pathname}`, pasted).href
    strictEqual(challenge.resource_metadata, suffixed)
    const found = await oauth.processResourceDiscoveryResponse(
      new URL(pasted), await oauth.resourceDiscoveryRequest(new URL(pasted), options))
    strictEqual(found.resource, pasted)
    deepStrictEqual(found.authorization_servers, [new URL(pasted).origin])
    ok(!found.scopes_supported.includes('offline_access'))
    const issuer = new URL(found.authorization_servers[0])
    as = await discover(issuer, found.authorization_servers[0])
    resource = found.resource
    redirectUri = redirect
    if (register) {
      const metadata = { ...register, redirect_uris: [redirect] }
      const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, options)
      client = await oauth.processDynamicClientRegistrationResponse(answer)
      strictEqual(client.client_secret, undefined)
      strictEqual(client.registration_access_token, undefined)
    } else {
      client = { client_id: clientId }
    }
    const method = settings.method ?? client.token_endpoint_auth_method
    ok(as.token_endpoint_auth_methods_supported.includes(method))
    clientAuth = await clientAuthentication(method)
    return { ...(await authorize(scope ?? challenge.scope)), client_id: client.client_id, method }
  },

  // Once more, from what is known: another account of the same client, or a new connection.
  async again({ scope }) {
    return authorize(scope)
  },

  async callback({ url }) {
    const current = new URL(url)
    strictEqual(current.origin + current.pathname, redirectUri)
    const parameters = oauth.validateAuthResponse(as, client, current, pending.state)
    const answer = await oauth.authorizationCodeGrantRequest(
      as, client, clientAuth, parameters, redirectUri, pending.verifier,
      { ...options, additionalParameters: { resource } })
    checkTokenHeaders(answer)
    tokens = await oauth.processAuthorizationCodeResponse(as, client, answer)
    checkTokens(tokens)
    return { scope: tokens.scope, expires_in: tokens.expires_in, audience: claims(tokens.access_token).aud }
  },

  // The signature of the access token against the published keys, as a resource server of others would check it.
  async validate() {
    const asked = new Request(settings.mcpUrl, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    const found = await oauth.validateJwtAccessToken(as, asked, resource, options)
    strictEqual(found.iss, as.issuer)
    strictEqual(found.client_id, client.client_id)
    return { lifetime: found.exp - found.iat }
  },

  async call({ tool, arguments: given }) {
    const result = await mcp('tools/call', { name: tool, arguments: given ?? {} }, tokens.access_token)
    ok(!result.isError, JSON.stringify(result))
    return result.structuredContent
  },

  async tools() {
    const { tools } = await mcp('tools/list', {}, tokens.access_token)
    for (const tool of tools) {
      for (const hint of ['readOnlyHint', 'destructiveHint', 'openWorldHint']) {
        strictEqual(typeof tool.annotations[hint], 'boolean', `${tool.name} has no ${hint}`)
      }
      ok(tool.title && tool.description && tool.outputSchema, `${tool.name} is not described`)
      deepStrictEqual(tool.securitySchemes, tool._meta.securitySchemes)
      strictEqual(tool.securitySchemes[0].type, 'oauth2')
      match(tool.name, /^[A-Za-z0-9_-]{1,64}$/)
    }
    return tools.map(tool => tool.name)
  },

  // What a host does whose parallel calls find the same token expired.
  async refresh({ times, audience }) {
    if (audience) settings.audience = audience
    const before = tokens
    const answers = await Promise.all(Array.from({ length: times }, () => refreshOnce(before.refresh_token)))
    const successors = new Set(answers.map(one => one.refresh_token))
    strictEqual(successors.size, 1, 'parallel refreshes fork the family')
    ok(!successors.has(before.refresh_token), 'the refresh token is not rotated')
    for (const one of answers) await mcp('tools/list', {}, one.access_token)
    tokens = answers[0]
    return { answers: answers.length, scope: tokens.scope, previous: before.refresh_token }
  },

  async refresh_with({ refresh_token, method, changed }) {
    const used = method ? await clientAuthentication(method, changed) : clientAuth
    const answer = await oauth.refreshTokenGrantRequest(
      as, client, used, refresh_token ?? tokens.refresh_token, { ...options, additionalParameters: { resource } })
    const refreshed = await oauth.processRefreshTokenResponse(as, client, answer)
    return { same: refreshed.refresh_token === tokens.refresh_token }
  },

  async introspect() {
    const answer = await oauth.introspectionRequest(as, client, clientAuth, tokens.access_token, options)
    return oauth.processIntrospectionResponse(as, client, answer)
  },

  async revoke() {
    const answer = await oauth.revocationRequest(as, client, clientAuth, tokens.refresh_token, options)
    await oauth.processRevocationResponse(answer)
    const refused = await customFetch(settings.mcpUrl, mcpRequest('tools/list', {}, tokens.access_token))
    strictEqual(refused.status, 401)
    strictEqual(parseChallenge(refused.headers.get('www-authenticate')).error, 'invalid_token')
    return { refused: true }
  },
}

async function discover(issuer, expected) {
  const documents = []
  for (const algorithm of ['oauth2', 'oidc']) {
    const answer = await oauth.discoveryRequest(issuer, { ...options, algorithm })
    match(answer.headers.get('content-type'), /^application\/json(;|$)/)
    documents.push(await oauth.processDiscoveryResponse(issuer, answer))
  }
  for (const found of documents) {
    strictEqual(found.issuer, expected, 'the issuer is the entry of authorization_servers, byte for byte')
    ok(found.code_challenge_methods_supported.includes('S256'))
    strictEqual(found.authorization_response_iss_parameter_supported, true)
    strictEqual(found.client_id_metadata_document_supported, true)
  }
  ok(documents[0].scopes_supported.includes('offline_access'))
  return documents[0]
}

async function authorize(scope) {
  pending = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState() }
  const url = new URL(as.authorization_endpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope: `${scope} offline_access`,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    resource,
    state: pending.state,
    ui_locales: 'en-US',
  })
  return { authorize: url.href }
}

async function refreshOnce(refreshToken) {
  const answer = await oauth.refreshTokenGrantRequest(
    as, client, clientAuth, refreshToken, { ...options, additionalParameters: { resource } })
  checkTokenHeaders(answer)
  const refreshed = await oauth.processRefreshTokenResponse(as, client, answer)
  checkTokens(refreshed)
  return refreshed
}

function checkTokenHeaders(answer) {
  match(answer.headers.get('cache-control') ?? '', /no-store/)
}

function checkTokens(found) {
  strictEqual(found.token_type, 'bearer')
  ok(found.expires_in > 0)
  ok(found.refresh_token, 'offline_access was asked for and advertised')
  ok(!found.scope.split(' ').includes(''), 'scope is well formed')
}

function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
}

function parseChallenge(header) {
  match(header ?? '', /^Bearer /)
  return Object.fromEntries([...header.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
}

function mcpRequest(method, params, token) {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      'user-agent': 'openai-mcp/1.0.0',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  }
}

async function mcp(method, params, token) {
  const answer = await customFetch(settings.mcpUrl, mcpRequest(method, params, token))
  strictEqual(answer.status, 200, `${method}: ${answer.status} ${answer.headers.get('www-authenticate')}`)
  const { result, error } = await answer.json()
  strictEqual(error, undefined, JSON.stringify(error))
  return result
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...parameters } = JSON.parse(line)
  try {
    console.log(JSON.stringify({ answer: await commands[command](parameters) }))
  } catch (error) {
    const { message, code, cause } = error
    console.log(JSON.stringify({ failed: message, code, error: error.error ?? cause?.error, description: error.error_description }))
  }
}
