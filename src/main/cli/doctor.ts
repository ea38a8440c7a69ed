/** `tandem doctor`: what this machine and this installation can do, and what stands in the way. */
import type { Command } from 'commander'
import { shippedModel } from './installation.ts'
import { printJson } from './report.ts'

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'Check versions, the model that ships, and providers, which are measured for a second each and chosen by it.',
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tandem doctor --json')
    .action(async (options: { json?: boolean }) => {
      const { examine } = await import('./examine.ts')
      const report = await examine(shippedModel)
      if (options.json) printJson(report)
      else {
        process.stdout.write(
          `Tandem ${report.version}, Node ${report.node}, ONNX Runtime ${report.onnxruntime}, sharp ${report.sharp}, ${report.platform}\n`,
        )
        process.stdout.write(
          `${report.cores} cores, ${report.memoryGB} GB memory, ${report.freeDiskGB} GB free on disk\n`,
        )
        for (const { name, available, reason, gflops } of report.providers) {
          process.stdout.write(
            `${name === report.provider ? '*' : ' '} ${name.padEnd(7)} ${available ? `works${gflops === undefined ? '' : `, ${gflops.toPrecision(3)} GFLOP/s`}` : `refused: ${reason ?? ''}`}\n`,
          )
        }
        process.stdout.write(
          `model: ${report.model.ok ? `${report.model.name}, ${report.model.parameters} parameters, ${report.model.hash}` : report.model.problem}\n`,
        )
      }
      if (!report.model.ok) process.exitCode = 2
    })
}
