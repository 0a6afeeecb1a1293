// Get tokens as openid-client does: by the metadata of the issuer, with a secret in
// the header and in the body, and with a signed assertion that names no key.
import * as fs from 'node:fs'
import * as crypto from 'node:crypto'
import * as client from 'openid-client'

const [, , server, id, secret, signer, keyFile] = process.argv
const insecure = { execute: [client.allowInsecureRequests] }
const pem = crypto.createPrivateKey(fs.readFileSync(keyFile)).export({ type: 'pkcs8', format: 'der' })
const key = await crypto.subtle.importKey('pkcs8', pem, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])

async function login(name, clientID, authentication, options = {}, wanted = 'flows:read') {
  try {
    const config = await client.discovery(new URL(server), clientID, undefined, authentication, { ...insecure, ...options })
    const token = await client.clientCredentialsGrant(config, { scope: wanted })
    console.log(`${name}: ${token.token_type} ${token.scope}`)
  } catch (err) {
    console.log(`${name}: ${err.error ?? err.cause?.[0]?.scheme ?? err.code} ${err.status ?? ''} ${err.error_description ?? ''}`.trimEnd())
  }
}

await login('basic', id, client.ClientSecretBasic(secret))
await login('basic, found by RFC 8414', id, client.ClientSecretBasic(secret), { algorithm: 'oauth2' })
await login('body', id, client.ClientSecretPost(secret))
await login('assertion', signer, client.PrivateKeyJwt(key))
await login('assertion with a kid', signer, client.PrivateKeyJwt({ key, kid: 'first' }))
await login('wrong secret in the header', id, client.ClientSecretBasic('wrong'))
await login('wrong secret in the body', id, client.ClientSecretPost('wrong'))
await login('assertion with a wrong kid', signer, client.PrivateKeyJwt({ key, kid: 'other' }))
await login('scope', id, client.ClientSecretBasic(secret), {}, 'flows:write')
