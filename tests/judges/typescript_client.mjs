// The TypeScript SDK's own client (its v1 line, which most hosts still carry) with its own OAuth. Two arguments: the URL
// of the server, and the file it keeps tokens in between two runs. It prints the URL to open when it must sign in.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const [serverUrl, file] = process.argv.slice(2)
const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const keep = changes => writeFileSync(file, JSON.stringify(Object.assign(kept, changes)))

const callback = createServer()
callback.listen(kept.port ?? 0, '127.0.0.1')
await once(callback, 'listening')
const { port } = callback.address()
keep({ port })
const redirectUrl = `http://127.0.0.1:${port}/callback`

const provider = {
  redirectUrl,
  clientMetadata: { client_name: 'A TypeScript client', redirect_uris: [redirectUrl], token_endpoint_auth_method: 'none' },
  state: () => kept.state ?? (keep({ state: crypto.randomUUID() }), kept.state),
  clientInformation: () => kept.client,
  saveClientInformation: client => keep({ client }),
  tokens: () => kept.tokens,
  saveTokens: tokens => keep({ tokens }),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: verifier => keep({ verifier }),
  redirectToAuthorization: url => console.log(`open ${url}`),
}

async function connect() {
  const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: provider })
  const client = new Client({ name: 'typescript-client', version: '1' })
  try {
    await client.connect(transport)
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    const [request, response] = await once(callback, 'request')
    response.end('OK')
    const answer = new URL(request.url, redirectUrl).searchParams
    if (answer.get('state') !== kept.state || answer.get('iss') !== new URL(serverUrl).origin) throw Error('a mix-up')
    await transport.finishAuth(answer.get('code'))
    return connect()
  }
  return client
}

const client = await connect()
const { tools } = await client.listTools()
console.log(`tools ${tools.map(tool => tool.name).join(' ')}`)
const result = await client.callTool({ name: 'get-items', arguments: {} })
if (result.isError) throw Error(JSON.stringify(result))
console.log(`result ${JSON.stringify(result.structuredContent)}`)
await client.close()
callback.close()
callback.closeAllConnections()
