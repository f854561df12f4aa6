// node send.js HOST KEY NAME: what an application sends with the SDK, and nothing of our own.
const { Analytics } = require('@segment/analytics-node')

const [host, writeKey, name] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 20 })
analytics.on('error', (error) => { console.log(error.code) })
analytics.page({ anonymousId: `a-${name}`, name: 'Home', properties: { url: 'https://shop.example/' } })
analytics.identify({ userId: `u-${name}`, traits: { email: `${name}@example.org`, firstName: name } })
analytics.track({ userId: `u-${name}`, event: 'Product Viewed', messageId: `m-${name}`, properties: { sku: 'P-1' } })
analytics.track({ userId: `u-${name}`, event: 'Product Viewed', messageId: `m-${name}`, properties: { sku: 'P-1' } })
analytics.screen({ userId: `u-${name}`, name: 'Basket' })
analytics.group({ userId: `u-${name}`, groupId: `g-${name}`, traits: { name: `${name} Ltd` } })
analytics.alias({ userId: `u-${name}`, previousId: `a-${name}` })
analytics.closeAndFlush().then(() => process.exit(0))
