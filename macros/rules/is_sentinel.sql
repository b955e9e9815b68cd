{#- Whether a value is a number that systems write for "no value": all nines and at least a given size, such as 9999 or
    -99999.9. Few values are large enough to be checked; no list of numbers, since the engine would join all rows to it. -#}
{%- macro is_sentinel(kwh) -%}
    case
        when {{ kwh }} >= {{ var('sentinel_min_kwh') }} or {{ kwh }} <= -{{ var('sentinel_min_negative_kwh') }}
            then
                replace(cast(cast(floor(abs({{ kwh }})) as bigint) as {{ dbt.type_string() }}), '9', '') = ''
                and mod(cast(cast(abs({{ kwh }}) as decimal(38, 3)) * 1000 as decimal(38, 0)), 1000) in (0, 900, 990, 999)
        else false
    end
{%- endmacro -%}
