#!/usr/bin/env bash
# sbatch slurm-array.sh study.yaml: 16 tasks, each of which runs its part of the study on a shared folder.
#SBATCH --job-name=kvt-study
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
# Two minutes before the time is over kvt is told to stop: it finishes its steps and writes checkpoints.
#SBATCH --signal=INT@120
#SBATCH --requeue
set -euo pipefail

study=${1:?the file of the study}
out=${2:-runs}
# As many as tasks above. A part that is sent again alone (sbatch --array=3) is still part 3 of 16.
parts=16
# exec puts srun in the place of this shell; srun makes kvt a step, which hears the signal.
exec srun kvt study run "$study" --out "$out" --processes "$SLURM_CPUS_PER_TASK" --shard "$SLURM_ARRAY_TASK_ID/$parts"
