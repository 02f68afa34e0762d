// Privy's own clients in Node: the browser's js-sdk-core as a page at PAGE, and the servers' @privy-io/node. Arguments:
// PAGE, app id, app secret, and a file with tokens by name. It asks with lines that end in a question mark
// for codes and for another Privy, and reads one line for each.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import Core, { InMemoryCache } from '@privy-io/js-sdk-core'
import { PrivyClient } from '@privy-io/node'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const [page, appId, appSecret, tokensFile] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const question = async text => (console.log(`${text}?`), (await lines.next()).value.trim())
const codeFor = address => question(`code for ${address}`)

// What a browser adds to every cross-site request, and a server never.
const plainFetch = globalThis.fetch
globalThis.fetch = (url, options) => {
  const headers = new Headers(options?.headers)
  if (headers.get('privy-client')?.startsWith('js-sdk-core:')) headers.set('origin', page)
  return plainFetch(url, { ...options, headers })
}

const server = new PrivyClient({ appId, appSecret })
const newPage = () => new Core({ appId, storage: new InMemoryCache(), sessions: { cookieWriteBehavior: 'never' } })

// E-mail: a wrong code, then the right one; what comes back is a user and tokens that the server's package takes.
const core = newPage()
await core.initialize()
deepStrictEqual(await core.auth.email.sendCode('owner@example.com'), { success: true })
const code = await codeFor('owner@example.com')
const wrong = code === '000000' ? '000001' : '000000'
await rejects(core.auth.email.loginWithCode('owner@example.com', wrong), { code: 'invalid_credentials', status: 401 })
const signedIn = await core.auth.email.loginWithCode('owner@example.com', code)
const id = signedIn.user.id
match(id, /^did:privy:c[a-z0-9]{24}$/)
ok(signedIn.is_new_user)
const token = await core.getAccessToken()
const verified = await server.utils().auth().verifyAccessToken(token)
deepStrictEqual([verified.user_id, verified.app_id, verified.issuer], [id, appId, 'privy.io'])
ok(verified.session_id)
await rejects(server.utils().auth().verifyAccessToken(signedIn.privy_access_token), /invalid/)
console.log('e-mail ok')

// The identity token and the REST API tell of the same person.
const fromToken = await server.users().get({ id_token: await core.getIdentityToken() })
const fromRest = await server.users()._get(id)
const addresses = user => user.linked_accounts.map(account => [account.type, account.address ?? account.number])
deepStrictEqual(addresses(fromToken), [['email', 'owner@example.com']])
deepStrictEqual(addresses(fromRest), [['email', 'owner@example.com']])
strictEqual(fromToken.created_at, fromRest.created_at)
console.log('users ok')

// Refresh: `user.get` always does, with new tokens of the same session.
const { user } = await core.user.get()
strictEqual(user.id, id)
const renewed = await core.getAccessToken()
notStrictEqual(renewed, token)
strictEqual((await server.utils().auth().verifyAccessToken(renewed)).session_id, verified.session_id)
strictEqual((await core.user.refreshUser()).user.id, id)
console.log('refresh ok')

// An answer that says `ignore` leaves the tokens; one that says `clear` forgets them, and the server has ended them.
await question('refresh is ignored')
strictEqual((await core.user.get()).user.id, id)
strictEqual(await core.getAccessToken(), renewed)
await question('refresh clears')
await core.user.get()
strictEqual(await core.getAccessToken(), null)
await rejects(core.user.get(), { code: 'missing_or_invalid_token' })
await question('refresh works')
console.log('session_update_action ok')

// SMS.
const phone = newPage()
await phone.auth.phone.sendCode('+14155550123')
const texted = await phone.auth.phone.loginWithCode('+14155550123', await codeFor('+14155550123'))
deepStrictEqual(addresses(texted.user), [['phone', '+14155550123']])
console.log('sms ok')

// SIWE with a real key; a signature of another key is refused.
const wallet = privateKeyToAccount(generatePrivateKey())
const stranger = privateKeyToAccount(generatePrivateKey())
const withWallet = newPage()
const asked = [{ address: wallet.address, chainId: 'eip155:1', walletClientType: 'metamask', connectorType: 'injected' }]
asked.push(new URL(page).host, page)
const first = await withWallet.auth.siwe.init(...asked)
const forged = await stranger.signMessage({ message: first.message })
await rejects(withWallet.auth.siwe.loginWithSiwe(forged), { code: 'invalid_credentials' })
const second = await withWallet.auth.siwe.init(...asked)
const proven = await withWallet.auth.siwe.loginWithSiwe(await wallet.signMessage({ message: second.message }))
deepStrictEqual(addresses(proven.user), [['wallet', wallet.address]])
console.log('siwe ok')

// A wallet that Privy keeps, asked for by the server.
const withEmbedded = await server.users().pregenerateWallets(id, { wallets: [{ chain_type: 'ethereum' }] })
const kept = withEmbedded.linked_accounts.find(account => account.type === 'wallet')
deepStrictEqual([kept.wallet_client_type, kept.connector_type, kept.recovery_method], ['privy', 'embedded', 'privy-v2'])
strictEqual((await server.apps().get(appId)).id, appId)
console.log('wallet ok')

// No sign-up where the page asks for none, and nothing left after logging out.
await core.auth.email.sendCode('stranger@example.com')
const strangersCode = await codeFor('stranger@example.com')
const noSignUp = core.auth.email.loginWithCode('stranger@example.com', strangersCode, 'no-signup')
await rejects(noSignUp, { code: 'user_does_not_exist' })
await withWallet.auth.logout()
strictEqual(await withWallet.getAccessToken(), null)
console.log('logout ok')

// Which of the bad tokens the server's package takes.
const taken = []
for (const [name, bad] of Object.entries(JSON.parse(readFileSync(tokensFile, 'utf8')))) {
  await server.utils().auth().verifyAccessToken(bad).then(() => taken.push(name), () => undefined)
}
console.log(`taken ${JSON.stringify(taken)}`)
process.exit(0)
