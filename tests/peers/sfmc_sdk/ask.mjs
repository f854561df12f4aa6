// node ask.mjs URL < {"name", "secret", "calls": [["rest"|"soap", method, ...arguments]]}: the answers of the client.
import SDK from 'sfmc-sdk'

const url = process.argv[2]
const { name, secret, calls } = JSON.parse(await new Response(process.stdin).text())
const client = new SDK(
  {
    client_id: name,
    client_secret: secret,
    account_id: 510000123,
    // The client takes addresses of Marketing Cloud alone; it is pointed elsewhere once it has one.
    auth_url: 'https://mc0123456789abcdefghij012345.auth.marketingcloudapis.com/',
  },
  { requestAttempts: 2 },
)
client.auth.authObject.auth_url = `${url}/`
const found = []
for (const [api, method, ...given] of calls) {
  try {
    found.push(await client[api][method](...given))
  } catch (error) {
    found.push({ error: error.message, code: error.code })
  }
}
console.log(JSON.stringify(found))
