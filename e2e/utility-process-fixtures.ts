/** What the test of the utility process loads into Electron's main process: the product's own channel and launcher. */
export { utilityService } from '../src/main/electron/service.ts'
export { launchService } from '../src/main/service-host/launcher.ts'
