BEGIN TRANSACTION;
CREATE TABLE event_data (
	data_id INTEGER NOT NULL, 
	hash BIGINT NOT NULL, 
	shared_data TEXT NOT NULL, 
	PRIMARY KEY (data_id)
);
INSERT INTO "event_data" VALUES(1,1477934784,'{"app_version":"0.1.0","deployment_mode":"homeassistant","platform":"linux","python_version":"3.14"}');
INSERT INTO "event_data" VALUES(2,1748838628,'{"printer_type":"octoprint"}');
INSERT INTO "event_data" VALUES(3,1979390455,'{"duration_seconds":3600,"estimated":true,"filament_g":8,"filament_mm":2500,"printer_type":"octoprint"}');
INSERT INTO "event_data" VALUES(4,1241118203,'{"printer_type":"prusa"}');
INSERT INTO "event_data" VALUES(5,2385756591,'{"duration_seconds":700,"estimated":true,"filament_mm":300,"printer_type":"octoprint"}');
INSERT INTO "event_data" VALUES(6,2055940227,'{"duration_seconds":120,"estimated":true,"printer_type":"octoprint"}');
INSERT INTO "event_data" VALUES(7,1157501266,'{"component":"printer","error_type":"printer_error"}');
INSERT INTO "event_data" VALUES(8,1200784451,'{"duration_seconds":1800,"estimated":true,"printer_type":"octoprint"}');
INSERT INTO "event_data" VALUES(9,756589158,'{"duration_seconds":60,"estimated":true,"printer_type":"octoprint"}');
CREATE TABLE event_types (
	event_type_id INTEGER NOT NULL, 
	event_type VARCHAR(64) NOT NULL, 
	PRIMARY KEY (event_type_id), 
	UNIQUE (event_type)
);
INSERT INTO "event_types" VALUES(1,'app_start');
INSERT INTO "event_types" VALUES(2,'job_created');
INSERT INTO "event_types" VALUES(3,'job_completed');
INSERT INTO "event_types" VALUES(4,'job_failed');
INSERT INTO "event_types" VALUES(5,'job_cancelled');
INSERT INTO "event_types" VALUES(6,'error_occurred');
CREATE TABLE schema_changes (
	change_id INTEGER NOT NULL, 
	schema_version INTEGER NOT NULL, 
	changed_ts FLOAT NOT NULL, 
	PRIMARY KEY (change_id)
);
INSERT INTO "schema_changes" VALUES(1,2,1795345200.0);
CREATE TABLE usage_aggregates (
	scope VARCHAR(8) NOT NULL, 
	period VARCHAR(10) NOT NULL, 
	printer_key VARCHAR(32) NOT NULL, 
	metric VARCHAR(48) NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (scope, period, printer_key, metric)
)
 WITHOUT ROWID

;
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','app_start',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','filament_g',8);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','filament_mm',2500);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','job_created',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','longest_print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','filament_g',8);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','filament_mm',2500);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','job_created',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','longest_print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-22','p1','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','error_occurred',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','error_type.printer_error',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','failed_filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','failed_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','job_cancelled',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','job_created',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','job_failed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','longest_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','print_seconds',820);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','timed_prints',2);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','','uptime_seconds',900);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p1','job_cancelled',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p1','longest_print_seconds',120);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p1','print_seconds',120);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p1','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','failed_filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','failed_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','job_created',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','job_failed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','longest_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-23','p2','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','','longest_print_seconds',1800);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','','print_seconds',1800);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','p1','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','p1','longest_print_seconds',1800);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','p1','print_seconds',1800);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-24','p1','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','','longest_print_seconds',60);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','','print_seconds',60);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','p2','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','p2','longest_print_seconds',60);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','p2','print_seconds',60);
INSERT INTO "usage_aggregates" VALUES('day','2026-11-25','p2','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','app_start',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','error_occurred',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','error_type.printer_error',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','failed_filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('interval','1','','failed_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('interval','1','','filament_g',8);
INSERT INTO "usage_aggregates" VALUES('interval','1','','filament_mm',2800);
INSERT INTO "usage_aggregates" VALUES('interval','1','','job_cancelled',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','job_created',2);
INSERT INTO "usage_aggregates" VALUES('interval','1','','job_failed',1);
INSERT INTO "usage_aggregates" VALUES('interval','1','','longest_print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('interval','1','','print_seconds',4420);
INSERT INTO "usage_aggregates" VALUES('interval','1','','timed_prints',3);
INSERT INTO "usage_aggregates" VALUES('interval','1','','uptime_seconds',900);
INSERT INTO "usage_aggregates" VALUES('interval','2','','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('interval','2','','longest_print_seconds',1800);
INSERT INTO "usage_aggregates" VALUES('interval','2','','print_seconds',1800);
INSERT INTO "usage_aggregates" VALUES('interval','2','','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('interval','3','','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('interval','3','','longest_print_seconds',60);
INSERT INTO "usage_aggregates" VALUES('interval','3','','print_seconds',60);
INSERT INTO "usage_aggregates" VALUES('interval','3','','timed_prints',1);
INSERT INTO "usage_aggregates" VALUES('total','','','app_start',1);
INSERT INTO "usage_aggregates" VALUES('total','','','error_occurred',1);
INSERT INTO "usage_aggregates" VALUES('total','','','error_type.printer_error',1);
INSERT INTO "usage_aggregates" VALUES('total','','','events_stored',9);
INSERT INTO "usage_aggregates" VALUES('total','','','failed_filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('total','','','failed_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('total','','','filament_g',8);
INSERT INTO "usage_aggregates" VALUES('total','','','filament_mm',2800);
INSERT INTO "usage_aggregates" VALUES('total','','','job_cancelled',1);
INSERT INTO "usage_aggregates" VALUES('total','','','job_completed',3);
INSERT INTO "usage_aggregates" VALUES('total','','','job_created',2);
INSERT INTO "usage_aggregates" VALUES('total','','','job_failed',1);
INSERT INTO "usage_aggregates" VALUES('total','','','longest_print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('total','','','print_seconds',6280);
INSERT INTO "usage_aggregates" VALUES('total','','','timed_prints',5);
INSERT INTO "usage_aggregates" VALUES('total','','','uptime_seconds',900);
INSERT INTO "usage_aggregates" VALUES('total','','p1','filament_g',8);
INSERT INTO "usage_aggregates" VALUES('total','','p1','filament_mm',2500);
INSERT INTO "usage_aggregates" VALUES('total','','p1','job_cancelled',1);
INSERT INTO "usage_aggregates" VALUES('total','','p1','job_completed',2);
INSERT INTO "usage_aggregates" VALUES('total','','p1','job_created',1);
INSERT INTO "usage_aggregates" VALUES('total','','p1','longest_print_seconds',3600);
INSERT INTO "usage_aggregates" VALUES('total','','p1','print_seconds',5520);
INSERT INTO "usage_aggregates" VALUES('total','','p1','timed_prints',3);
INSERT INTO "usage_aggregates" VALUES('total','','p2','failed_filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('total','','p2','failed_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('total','','p2','filament_mm',300);
INSERT INTO "usage_aggregates" VALUES('total','','p2','job_completed',1);
INSERT INTO "usage_aggregates" VALUES('total','','p2','job_created',1);
INSERT INTO "usage_aggregates" VALUES('total','','p2','job_failed',1);
INSERT INTO "usage_aggregates" VALUES('total','','p2','longest_print_seconds',700);
INSERT INTO "usage_aggregates" VALUES('total','','p2','print_seconds',760);
INSERT INTO "usage_aggregates" VALUES('total','','p2','timed_prints',2);
CREATE TABLE usage_events (
	event_id INTEGER NOT NULL, 
	event_type_id INTEGER NOT NULL, 
	data_id INTEGER, 
	printer_id INTEGER, 
	interval_id INTEGER, 
	time_fired_ts FLOAT NOT NULL, 
	PRIMARY KEY (event_id), 
	FOREIGN KEY(event_type_id) REFERENCES event_types (event_type_id), 
	FOREIGN KEY(data_id) REFERENCES event_data (data_id), 
	FOREIGN KEY(printer_id) REFERENCES usage_printers (printer_id), 
	FOREIGN KEY(interval_id) REFERENCES usage_intervals (interval_id)
);
INSERT INTO "usage_events" VALUES(1,1,1,NULL,1,1795345200.0);
INSERT INTO "usage_events" VALUES(2,2,2,1,1,1795345210.0);
INSERT INTO "usage_events" VALUES(3,3,3,1,1,1795348810.0);
INSERT INTO "usage_events" VALUES(4,2,4,2,1,1795435200.0);
INSERT INTO "usage_events" VALUES(5,4,5,2,1,1795435900.0);
INSERT INTO "usage_events" VALUES(6,5,6,1,1,1795445200.0);
INSERT INTO "usage_events" VALUES(7,6,7,NULL,1,1795445201.0);
INSERT INTO "usage_events" VALUES(8,3,8,1,2,1795545200.0);
INSERT INTO "usage_events" VALUES(9,3,9,2,3,1795605200.0);
CREATE TABLE usage_intervals (
	interval_id INTEGER NOT NULL, 
	start_day VARCHAR(10) NOT NULL, 
	end_day VARCHAR(10), 
	state VARCHAR(8) NOT NULL, 
	PRIMARY KEY (interval_id)
);
INSERT INTO "usage_intervals" VALUES(1,'2026-11-22','2026-11-22','private');
INSERT INTO "usage_intervals" VALUES(2,'2026-11-22','2026-11-23','closed');
INSERT INTO "usage_intervals" VALUES(3,'2026-11-23',NULL,'open');
CREATE TABLE usage_last_prints (
	printer_key VARCHAR(32) NOT NULL, 
	result VARCHAR(16) NOT NULL, 
	ended_ts FLOAT NOT NULL, 
	printed_by VARCHAR(32), 
	duration_seconds INTEGER, 
	filament_mm INTEGER, 
	filament_g INTEGER, 
	PRIMARY KEY (printer_key)
);
INSERT INTO "usage_last_prints" VALUES('p1','completed',1795545200.0,'p1',1800,NULL,NULL);
INSERT INTO "usage_last_prints" VALUES('','completed',1795605200.0,'p2',60,NULL,NULL);
INSERT INTO "usage_last_prints" VALUES('p2','completed',1795605200.0,'p2',60,NULL,NULL);
CREATE TABLE usage_printers (
	printer_id INTEGER NOT NULL, 
	printer_key VARCHAR(32) NOT NULL, 
	PRIMARY KEY (printer_id), 
	UNIQUE (printer_key)
);
INSERT INTO "usage_printers" VALUES(1,'p1');
INSERT INTO "usage_printers" VALUES(2,'p2');
CREATE TABLE usage_reports (
	report_id INTEGER NOT NULL, 
	interval_id INTEGER NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	body BLOB NOT NULL, 
	body_sha256 VARCHAR(64) NOT NULL, 
	attempts INTEGER NOT NULL, 
	answered_ts FLOAT, 
	answer_status INTEGER, 
	receipt TEXT, 
	PRIMARY KEY (report_id), 
	UNIQUE (interval_id), 
	FOREIGN KEY(interval_id) REFERENCES usage_intervals (interval_id)
);
INSERT INTO "usage_reports" VALUES(1,2,'acknowledged',X'7B226572726F725F73756D6D617279223A7B7D2C22696E7374616C6C6174696F6E223A7B226170705F76657273696F6E223A22302E312E30222C22636F756E7472795F636F6465223A224E4C222C226465706C6F796D656E745F6D6F6465223A22686F6D65617373697374616E74222C22696E7374616C6C6174696F6E5F6964223A2235353065383430302D653239622D343164342D613731362D343436363535343430303030222C22706C6174666F726D223A226C696E7578222C22707974686F6E5F76657273696F6E223A22332E3134227D2C22706572696F64223A7B226475726174696F6E5F64617973223A312C22656E64223A22323032362D31312D32335430303A30303A30305A222C227374617274223A22323032362D31312D32325430303A30303A30305A227D2C227072696E7465725F666C656574223A7B227072696E7465725F636F756E74223A332C227072696E7465725F747970655F636F756E7473223A7B226F63746F7072696E74223A322C227072757361223A317D2C227072696E7465725F7479706573223A5B226F63746F7072696E74222C227072757361225D7D2C22736368656D615F76657273696F6E223A22312E30222C2275736167655F7374617473223A7B2263616E63656C6C65645F636F756E74223A302C22636F6D706C657465645F636F756E74223A312C226661696C65645F636F756E74223A302C22666561747572655F7573616765223A7B7D2C2266696C655F636F756E74223A302C226A6F625F636F756E74223A312C227072696E745F686F757273223A302C2275706C6F61645F636F756E74223A302C22757074696D655F686F757273223A307D7D','e986f6f197441ac9be50b67bc159e746551695227d2156dbd142839496783761',1,1795545300.0,200,'{"submission_id": 1}');
CREATE TABLE usage_sessions (
	printer_key VARCHAR(32) NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (printer_key)
);
INSERT INTO "usage_sessions" VALUES('p1','{"connected": true, "job": null}');
CREATE TABLE usage_settings (
	"key" VARCHAR(32) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "usage_settings" VALUES('consent','{"share": true, "since": 1795345200.0, "version": 1}');
INSERT INTO "usage_settings" VALUES('installation_id','"550e8400-e29b-41d4-a716-446655440000"');
INSERT INTO "usage_settings" VALUES('reported_until','"2026-11-23"');
CREATE INDEX ix_usage_intervals_state ON usage_intervals (state);
CREATE INDEX ix_event_data_hash ON event_data (hash);
CREATE INDEX ix_usage_reports_state ON usage_reports (state);
CREATE INDEX ix_usage_events_type_time ON usage_events (event_type_id, time_fired_ts);
CREATE VIEW events AS 
        SELECT event_id, event_type_id, data_id, time_fired_ts, 0 AS origin_idx,
               CAST(NULL AS BLOB) AS context_id_bin, CAST(NULL AS BLOB) AS context_user_id_bin,
               CAST(NULL AS BLOB) AS context_parent_id_bin
        FROM usage_events;
CREATE VIEW usage_prints AS 
        SELECT event_id, time_fired_ts AS ended_ts, printer_key, substr(event_type, 5) AS result,
               json_extract(shared_data, '$.printer_type') AS printer_type,
               json_extract(shared_data, '$.duration_seconds') AS duration_seconds,
               json_extract(shared_data, '$.filament_mm') AS filament_mm,
               json_extract(shared_data, '$.filament_g') AS filament_g
        FROM usage_events JOIN event_types USING (event_type_id)
        LEFT JOIN event_data USING (data_id) LEFT JOIN usage_printers USING (printer_id)
        WHERE event_type IN ('job_completed', 'job_failed', 'job_cancelled');
COMMIT;
