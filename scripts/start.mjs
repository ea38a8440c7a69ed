// npm start: opens the studio. Builds what is stale, then does what `tandem studio` does; --browser and --port are its own.
process.argv.splice(2, 0, 'studio')
await import('../bin/tandem.mjs')
