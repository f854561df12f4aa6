// node ask.js URL ORGANIZATION API METHOD, options and the token on standard input as JSON:
// asks an instance with the SDK, as an integration does, and writes what came.
const sdk = require('commerce-sdk')

const [url, organizationId, api, method] = process.argv.slice(2)
const { options, token, siteId } = JSON.parse(require('fs').readFileSync(0, 'utf-8'))
const places = {
  Orders: 'checkout/orders/v1',
  Customers: 'customer/customers/v1'
}
const client = new sdk[api]({
  baseUri: `${url}/${places[api]}`,
  parameters: { clientId: 'client', organizationId, shortCode: 'shortcode', siteId },
  headers: { authorization: `Bearer ${token}` },
  retrySettings: { retries: 0 }
})
client[method](options)
  .then((found) => console.log(JSON.stringify({ found })))
  .catch(async (error) => {
    const said = error.response ? await error.response.json() : String(error)
    console.log(JSON.stringify({ status: error.response && error.response.status, said }))
  })
