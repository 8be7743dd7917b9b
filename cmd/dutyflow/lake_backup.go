package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dutyflow/dutyflow/warehouse"
)

func (a *app) lakeBackupCommand() *cobra.Command {
	var o warehouse.BackupOptions
	var verify bool
	cmd := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy the lake to another directory, as it is at one moment",
		Long: `Makes DIR a lake of its own with every table as it is now: rows, rejects, loads, lists and the ledger. It may run while
the lake is written. A second backup to the same DIR copies only what is new; broken off, it leaves the one before. Of each
table the current snapshot is taken over, and no history. A DIR with any other lake is refused, and so is a backup in which
somebody has worked since. A lake in an S3 store is backed up to this host.

To use the backup name it with --dir; to restore it move it to where the lake was and relocate it. Neither the warehouse nor
the reports are in it: "dutyflow transform" and "dutyflow report" make them again. Put the configuration file beside it.`,
		Example: `  dutyflow lake backup --dir d /mnt/backup/d
  dutyflow lake backup --dir d /mnt/backup/d --prune --verify
  dutyflow lake status --dir /mnt/backup/d`,
		Args: exactArgs("the directory to copy to"),
	}
	cmd.Flags().BoolVar(&o.Prune, "prune", false, "remove from DIR what an earlier backup had and the lake has no more")
	cmd.Flags().BoolVar(&verify, "verify", false, "read every row of the backup, beyond its sizes and footers")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		lake, err := a.openLake(ctx)
		if err != nil {
			return err
		}
		defer lake.Close()
		dir, err := lake.BackupDir(args[0])
		if err != nil {
			return err
		}
		unlock, err := warehouse.Lock(dir, "backup", "dutyflow lake backup", false)
		if err != nil {
			return err
		}
		defer unlock()
		free, err := a.lockAll(dir, "dutyflow lake backup") // the last backup may be in use as a lake
		if err != nil {
			return err
		}
		defer free()
		var st *stage
		o.Progress = func(done, total int64) {
			if st == nil {
				st = a.stages.begin("backup", total, "bytes")
			}
			st.at(done)
		}
		done, err := lake.Backup(ctx, dir, o)
		if err != nil {
			return err
		}
		if st == nil {
			st = a.stages.begin("backup", -1, "bytes")
		}
		st.end("%s rows of %d tables in %s: %s files copied (%s bytes), %s were there, %s removed", thousands(done.Rows), len(done.Tables), printable(dir),
			thousands(done.Copied), thousands(done.Bytes), thousands(done.Present), thousands(done.Pruned))
		v, err := lake.VerifyBackup(ctx, dir, warehouse.VerifyOptions{Quick: !verify})
		if err != nil {
			return err
		}
		if len(v.Problems) > 0 {
			return fmt.Errorf("verify backup %s: %d things are wrong, the first: %s; remove the files that it names and back up again", dir, len(v.Problems), v.Problems[0])
		}
		return nil
	}
	return cmd
}
