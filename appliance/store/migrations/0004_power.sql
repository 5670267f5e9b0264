CREATE TABLE `bmcs` (
	`host_id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`address` text NOT NULL,
	`port` integer NOT NULL,
	`user` text NOT NULL,
	`sealed_password` blob NOT NULL,
	`pin` text,
	`set_ms` integer NOT NULL,
	`set_by` text NOT NULL,
	FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `power_acts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`host_id` text NOT NULL,
	`run_id` text,
	`deed` text NOT NULL,
	`by` text NOT NULL,
	`ok` integer NOT NULL,
	`detail` text NOT NULL,
	`first_ms` integer NOT NULL,
	`last_ms` integer NOT NULL,
	`count` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `power_act_run` ON `power_acts` (`run_id`);--> statement-breakpoint
CREATE INDEX `power_act_host` ON `power_acts` (`host_id`);