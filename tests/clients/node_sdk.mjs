// Sends events with @segment/analytics-node.  Arguments: the server's address, the write key.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, maxRetries: 0 })
let failed = false
analytics.on('error', (error) => { failed = true; console.error(error) })
const context = { traits: { email: 'Jane.Doe@Example.com' }, ip: '8.8.8.8', userAgent: 'Mozilla/5.0 test' }
analytics.track({
  userId: 'u-1',
  event: 'Order Completed',
  properties: { order_id: 'o-1', total: 12.5, currency: 'EUR', products: [{ product_id: 'p-1', quantity: 2 }] },
  context,
})
analytics.page({ userId: 'u-1', name: 'Cart', properties: { url: 'https://shop.example/cart' }, context })
analytics.identify({ userId: 'u-1', traits: context.traits, context })
await analytics.closeAndFlush({ timeout: 60_000 })
process.exit(failed ? 1 : 0)
